import { isFormatError } from '@sysimage/bytes';
import { openFiles, type Files } from '@sysimage/filesystems';
import type { CandidateDisk, CandidateVolume } from '@sysimage/installed-systems';
import type { DiskSource } from '../contract/source.js';
import { partitionIdOf } from '../plan/partition-id.js';
import { carefulRead } from './careful-read.js';
import type { InspectedDisk } from './inspect-disk.js';

/** Where systems may lie. */
export interface Candidates {
  readonly disks: readonly CandidateDisk[];
  readonly volumes: readonly CandidateVolume[];
}

/** The volumes of disks, with their files where these can be read. */
export async function candidatesOn(inspected: readonly InspectedDisk[]): Promise<Candidates> {
  const volumes: CandidateVolume[] = [];
  for (const [disk, { source, layout }] of inspected.entries()) {
    for (const { partition, start, size, fileSystem, id, label } of layout.volumes) {
      const entry = layout.partitions.find(({ index }) => index === partition);
      volumes.push({
        disk,
        partition,
        start,
        partitionId: partitionIdOf(layout, partition),
        partitionName: entry?.name,
        type: entry?.type ?? '',
        active: layout.scheme === 'mbr' && entry?.active === true,
        id,
        label,
        files: fileSystem === undefined ? undefined : await filesOf(source, start, size),
      });
    }
  }
  return { disks: inspected.map(({ layout: { id, scheme } }) => ({ id, scheme })), volumes };
}

async function filesOf(source: DiskSource, start: number, size: number): Promise<Files | undefined> {
  const read = carefulRead(async (offset, length) => {
    const bytes = new Uint8Array(length);
    await source.read(start + offset, bytes);
    return bytes;
  });
  try {
    return await openFiles(read, { size: Math.min(size, source.size - start) });
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
}
