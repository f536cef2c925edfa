export { createFreezeProvider, type FreezeSurroundings } from './freeze-provider.js';
export { createLvmProvider, type LvmSurroundings } from './lvm-provider.js';
export { createSnapshots } from './snapshots.js';
export { createVssProvider, type Conversation, type VssSurroundings } from './vss-provider.js';
