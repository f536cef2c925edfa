import type { VersionRecord } from '../model/version-record.js';

/** What was taken from a volume in use, or has holes where the disk could not be read, must never replace something better. */
export function isGood({ consistency, disks }: VersionRecord): boolean {
  return consistency !== 'live' && disks.every(({ unreadable }) => unreadable.length === 0);
}
