export {
  changingOperations,
  failFrom,
  recordCalls,
  type MemoryCall,
  type MemoryOperation,
  type OnCall,
} from './calls.js';
export type { Keep } from './memory-object.js';
export { MemoryStore, type MemoryStoreOptions } from './memory-store.js';
export { createMemoryTarget, type MemoryFacet, type MemoryTarget, type MemoryTargetOptions } from './memory-target.js';
export { seeded } from './seeded.js';
