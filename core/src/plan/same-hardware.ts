import type { DiskLayout } from '../model/disk-layout.js';

/** Whether this is the same piece of hardware, whatever its table says: a new one has another identifier. Without a serial number nobody knows. */
export function isSameHardware(
  here: Pick<DiskLayout, 'serial' | 'model' | 'size'>,
  there: Pick<DiskLayout, 'serial' | 'model' | 'size'>,
): boolean {
  return (
    here.serial !== undefined && here.serial === there.serial && here.model === there.model && here.size === there.size
  );
}
