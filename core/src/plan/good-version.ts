import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import { isSelected } from './selection.js';

/** What was taken from a volume in use, or has holes where the disk could not be read, must never replace something better. */
export function isGood({ consistency, disks }: VersionRecord): boolean {
  return consistency !== 'live' && disks.every(({ unreadable }) => unreadable.length === 0);
}

/** True when a newer version of a disk has all that the older one has: no volume that is still there was left out of it. */
export function standsFor(newer: DiskRecord, older: DiskRecord): boolean {
  const leftOut = leftOutOf(newer);
  return (
    newer.key === older.key &&
    older.layout.volumes.every((volume) => !isSelected(volume) || !leftOut.includes(volume.start))
  );
}

/** Where the volumes begin that a version of a disk does not hold, bytes. */
export function leftOutOf({ layout }: DiskRecord): readonly number[] {
  return layout.volumes.filter((volume) => !isSelected(volume)).map(({ start }) => start);
}
