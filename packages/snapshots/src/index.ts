export { createFreezeProvider, type FreezeSurroundings } from './freeze-provider.js';
export { createSnapshots } from './snapshots.js';
