export { MemoryDisks } from './memory-disks.js';
export { ToyDisk } from './toy-disk.js';
export { Workbench } from './workbench.js';
