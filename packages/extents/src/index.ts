export { extent, lengthOf, type Extent } from './extent.js';
export { ExtentSet, ExtentSetBuilder } from './extent-set.js';
