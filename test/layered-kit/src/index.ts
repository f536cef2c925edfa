export { layeredCases } from './layered-cases.js';
