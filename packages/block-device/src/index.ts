export { createDisks, type MachineDisks } from './disks.js';
export type { SystemRoots } from './system-roots.js';
