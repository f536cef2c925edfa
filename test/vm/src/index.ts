export { archive, type ArchivedFile } from './archive.js';
export { makeBiosDisk, makeUefiDisk, type BootableDiskSpec } from './bootable-disks.js';
export { bootFromDisk, runInGuest, type BootJob, type GuestDisk, type GuestJob } from './guest.js';
export { makeInitramfs, type GuestSystem } from './initramfs.js';
export { kernelModules, neededModules } from './kernel-modules.js';
export type { GuestEnd } from './run-machine.js';
