export { compose, registerServices, type Composition } from './compose.js';
