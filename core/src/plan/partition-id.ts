import type { DiskLayout } from '../model/disk-layout.js';

/** What names a partition to Linux (`PARTUUID`): its GUID, or the signature of an MBR and its number in hex. */
export function partitionIdOf({ scheme, id, partitions }: DiskLayout, partition: number): string | undefined {
  const entry = partitions.find(({ index }) => index === partition);
  if (entry === undefined || scheme !== 'mbr' || id === undefined) return entry?.id;
  return `${id}-${partition.toString(16).padStart(2, '0')}`;
}
