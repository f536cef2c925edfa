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
  /** Those of which something that was looked for could not be read, as far as anybody has looked by now. */
  readonly broken: ReadonlySet<CandidateVolume>;
}

/** The volumes of disks, with their files where these can be read. */
export async function candidatesOn(inspected: readonly InspectedDisk[]): Promise<Candidates> {
  const volumes: CandidateVolume[] = [];
  const broken = new Set<CandidateVolume>();
  for (const [disk, { source, layout }] of inspected.entries()) {
    for (const { partition, start, size, fileSystem, id, label } of layout.volumes) {
      const entry = layout.partitions.find(({ index }) => index === partition);
      const files = fileSystem === undefined ? undefined : await filesOf(source, start, size);
      const volume: CandidateVolume = {
        disk,
        partition,
        start,
        partitionId: partitionIdOf(layout, partition),
        partitionName: entry?.name,
        type: entry?.type ?? '',
        active: layout.scheme === 'mbr' && entry?.active === true,
        id,
        label,
        files: files === undefined ? undefined : noticing(files, () => void broken.add(volume)),
      };
      volumes.push(volume);
    }
  }
  return { disks: inspected.map(({ layout: { id, scheme } }) => ({ id, scheme })), volumes, broken };
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

/** The same files; is told when any of them makes no sense. */
function noticing(files: Files, notice: () => void): Files {
  const watch = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (isFormatError(error)) notice();
      throw error;
    }
  };
  return {
    find: (path) => watch(files.find(path)),
    list: (path) => watch(files.list(path)),
    read: (entry, offset, length) => watch(files.read(entry, offset, length)),
  };
}
