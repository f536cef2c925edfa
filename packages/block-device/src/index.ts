export { createDisks, type MachineDisks } from './disks.js';
export type { SystemRoots } from './system-roots.js';
export { mountOf, readMounts, type Mount } from './mount-table.js';
export { systemRoots } from './system-roots.js';
