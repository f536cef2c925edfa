import { isFormatError, type ReadAt } from '@sysimage/bytes';
import { createDisks } from '@sysimage/block-device';
import { SysimageError, type DiskSource, type OpenPurpose, type SourceMount } from '@sysimage/core/plugin';
import { readFileSystem, type FileSystem } from '@sysimage/filesystems';
import { isDynamicDisk, readPartitionTable, type PartitionTable } from '@sysimage/partition-table';

/** An NTFS volume of a device or image file. */
export interface FoundVolume {
  /** The device or file that holds it. */
  readonly path: string;
  readonly kind: 'device' | 'file';
  /** Index in the table; 0 for a volume without a table. */
  readonly partition: number;
  /** Bytes on the device. */
  readonly start: number;
  readonly size: number;
  /** It begins where the device does and fills it. */
  readonly isWhole: boolean;
  readonly content: FileSystem;
  readonly mounts: readonly SourceMount[];
}

interface Place {
  readonly partition: number;
  readonly start: number;
  readonly size: number;
}

/**
 * Finds the NTFS volume of a partition, disk or image file: the one of `partition`, or the only one that there is. Errors: `not-found`
 * (no such partition), `invalid` (several, and none is chosen), `unsupported` (no NTFS, naming what there is), `corrupt`.
 */
export async function findVolume(
  path: string,
  partition: number | undefined,
  purpose: OpenPurpose,
): Promise<FoundVolume> {
  const source = await createDisks().openSource(path);
  try {
    const read: ReadAt = async (offset, length) => {
      const bytes = new Uint8Array(length);
      await source.read(offset, bytes);
      return bytes;
    };
    const { start, size, partition: index } = await choose(source, read, partition);
    // The map is looked at only to see whether it makes sense, before anything is allocated by it.
    const map = purpose === 'write';
    const content = await readFileSystem((offset, length) => read(start + offset, length), { size, map });
    if (content?.type !== 'ntfs') {
      throw unsupported(
        path,
        `${nameOf(path, index)} holds ${content?.type ?? 'no file system that is known'}, not NTFS`,
      );
    }
    return {
      path,
      kind: source.kind,
      partition: index,
      start,
      size,
      isWhole: start === 0 && size === source.size,
      content,
      // Where a FUSE program reads an image file nobody can tell: one without partitions it reads whole.
      mounts: source.mounts.filter(({ offset = index === 0 ? start : -1 }) => offset === start),
    };
  } finally {
    await source.close();
  }
}

/** For people. */
export function nameOf(path: string, partition: number): string {
  return partition === 0 ? path : `partition ${partition} of ${path}`;
}

async function choose(source: DiskSource, read: ReadAt, wanted: number | undefined): Promise<Place> {
  const { path, size, sectorSize } = source;
  const whole: Place = { partition: 0, start: 0, size };
  const table = await tableOf(read, { path, size, sectorSize });
  // A disk that got a table may still begin with the boot sector of the volume that it once was.
  if (wanted === undefined && table.scheme === 'none' && (await saysNtfs(read, whole))) return whole;
  if (isDynamicDisk(table)) {
    throw unsupported(path, `${path} is a dynamic disk, whose volumes only the Logical Disk Manager knows`, {
      remedy: 'Let ldmtool make devices of its volumes, and name one of them.',
    });
  }
  const places = table.partitions
    .filter(({ kind, start, size: length }) => kind !== 'extended' && length > 0 && start + length <= size)
    .map(({ index, start, size: length }) => ({ partition: index, start, size: length }));
  if (wanted !== undefined) {
    const found = places.find(({ partition }) => partition === wanted);
    if (found !== undefined) return found;
    throw new SysimageError('not-found', `${path} has no partition ${wanted}`, {
      operation: 'open',
      context: { path, partition: wanted },
      remedy: `"sysimage disks --disk ${path}" shows what there is.`,
    });
  }
  const found: Place[] = [];
  for (const place of places) if (await saysNtfs(read, place)) found.push(place);
  const [only, second] = found;
  if (only !== undefined && second === undefined) return only;
  if (only === undefined) return places.length === 0 ? whole : refuseAll(path, places, read);
  throw new SysimageError(
    'invalid',
    `${path} holds several NTFS volumes: partitions ${found.map(({ partition }) => partition).join(', ')}`,
    { operation: 'open', context: { path }, remedy: `Choose one, as in ntfs:${path}?partition=${only.partition}.` },
  );
}

async function tableOf(
  read: ReadAt,
  { path, size, sectorSize }: Pick<DiskSource, 'path' | 'size' | 'sectorSize'>,
): Promise<PartitionTable> {
  try {
    return await readPartitionTable(read, { size, sectorSize });
  } catch (error) {
    if (!isFormatError(error)) throw error;
    throw new SysimageError('corrupt', `the partition table of ${path} cannot be read: ${error.message}`, {
      operation: 'open',
      context: { path },
      cause: error,
    });
  }
}

async function saysNtfs(read: ReadAt, { start, size }: Place): Promise<boolean> {
  if (size < 512) return false;
  const bytes = await read(start, 11);
  return String.fromCharCode(...bytes.subarray(3)) === 'NTFS    ';
}

async function refuseAll(path: string, places: readonly Place[], read: ReadAt): Promise<never> {
  const names: string[] = [];
  for (const { partition, start, size } of places) {
    const found = await readFileSystem((offset, length) => read(start + offset, length), { size, map: false });
    names.push(`partition ${partition} holds ${found?.type ?? 'nothing that is known'}`);
  }
  throw unsupported(path, `no partition of ${path} holds NTFS: ${names.join(', ')}`);
}

function unsupported(path: string, message: string, options: { readonly remedy?: string } = {}): SysimageError {
  return new SysimageError('unsupported', message, {
    operation: 'open',
    context: { path },
    remedy: 'Choose an NTFS volume, or mount this one and use dir: with a folder of it.',
    ...options,
  });
}
