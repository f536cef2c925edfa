export { conformance, kitCases, type Conformance, type KitCase, type KitSetup, type Place } from './kit.js';
