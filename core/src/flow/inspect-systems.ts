import { isFormatError } from '@sysimage/bytes';
import { openFiles, type Files } from '@sysimage/filesystems';
import { findSystems, type CandidateVolume } from '@sysimage/installed-systems';
import type { DiskSource } from '../contract/source.js';
import type { InstalledSystemFacts } from '../model/plan.js';
import { isSelected } from '../plan/selection.js';
import { carefulRead } from './careful-read.js';
import type { InspectedDisk } from './inspect-disk.js';

/** The operating systems on the disks of a run. What cannot be read is passed over: it must not keep anything from being backed up. */
export async function inspectSystems(inspected: readonly InspectedDisk[]): Promise<readonly InstalledSystemFacts[]> {
  const volumes: CandidateVolume[] = [];
  for (const [disk, { source, layout }] of inspected.entries()) {
    for (const { partition, start, size, fileSystem, id, label } of layout.volumes) {
      const entry = layout.partitions.find(({ index }) => index === partition);
      volumes.push({
        disk,
        partition,
        start,
        partitionId: entry?.id,
        type: entry?.type ?? '',
        active: layout.scheme === 'mbr' && entry?.active === true,
        id,
        label,
        files: fileSystem === undefined ? undefined : await filesOf(source, start, size),
      });
    }
  }
  const disks = inspected.map(({ layout: { id, scheme } }) => ({ id, scheme }));
  return (await findSystems(disks, volumes)).map(({ needs, ...system }) => ({
    ...system,
    needs: needs.map((need) => ({ ...need, taken: isTaken(inspected, need.disk, need.partition) })),
  }));
}

function isTaken(inspected: readonly InspectedDisk[], disk: number, partition: number): boolean {
  const volume = inspected[disk]?.layout.volumes.find((each) => each.partition === partition);
  return volume !== undefined && isSelected(volume);
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
