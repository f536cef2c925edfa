import { createDisks, type MachineDisks } from './disks.js';
import { createWindowsDisks } from './windows/windows-disks.js';

/** The disks of this machine, as its system tells of them. `platform`: as Node calls it. */
export function disksOfThisMachine(platform: string = process.platform): MachineDisks {
  return platform === 'win32' ? createWindowsDisks() : createDisks();
}
