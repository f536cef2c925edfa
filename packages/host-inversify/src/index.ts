export { compose, serviceModule, type Composition } from './compose.js';
