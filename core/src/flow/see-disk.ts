import { isFormatError, type ReadAt } from '@sysimage/bytes';
import { ExtentSet } from '@sysimage/extents';
import type { FileSystem } from '@sysimage/filesystems';
import {
  isDynamicDisk,
  readPartitionTable,
  type Partition,
  type PartitionTable,
  type TableProblem,
} from '@sysimage/partition-table';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { DiskSource } from '../contract/source.js';
import type { DiskLayout, DynamicGroupFacts } from '../model/disk-layout.js';
import { inspectDynamic } from './inspect-dynamic.js';
import { holdsVolumes, lookInto, mappedIn } from './look-inside.js';
import { recognise } from './recognise.js';

/** Content of a file system that need not be taken; nothing is to be put in its place where nothing will be read. */
export type SeenContent = Omit<FileSystem['optional'][number], 'name'> & { readonly name: string };

/** A file system as its own marks tell of it. */
export type SeenFileSystem = Omit<FileSystem, 'type' | 'optional'> & {
  readonly type: string;
  readonly optional: readonly SeenContent[];
};

/** What a disk says of itself: all that is read of it before it is decided what will be taken. */
export interface SeenDisk {
  readonly scheme: DiskLayout['scheme'];
  readonly id: string | undefined;
  readonly partitions: readonly DiskLayout['partitions'][number][];
  /** The bytes of the partition tables themselves. */
  readonly tables: ExtentSet;
  /** What is wrong with the tables, in words. */
  readonly problems: readonly string[];
  /** They may not show all partitions. */
  readonly doubtful?: true;
  readonly dynamic: DynamicGroupFacts | undefined;
  /** By index of the partition, 0 for the whole disk. */
  readonly fileSystems: ReadonlyMap<number, SeenFileSystem>;
  /** By their paths: what lies in volumes that the system has made of partitions. */
  readonly mapped: ReadonlyMap<string, SeenFileSystem>;
}

/** Smaller things are no disks; a name for the file types that people try. */
const smallestDisk = 512;
const otherImages: readonly { readonly magic: string; readonly at: number; readonly name: string }[] = [
  { magic: 'QFI\xfb', at: 0, name: 'a qcow2 image' },
  { magic: 'conectix', at: 0, name: 'a VHD image' },
  { magic: 'vhdxfile', at: 0, name: 'a VHDX image' },
  { magic: 'KDMV', at: 0, name: 'a VMDK image' },
  { magic: 'CD001', at: 32_769, name: 'an ISO 9660 disc image' },
];

/**
 * Reads the tables and file systems of a disk. Errors: `invalid` when a file is not the image of a disk; `corrupt` when it is
 * one that was cut off, or whose tables are all broken. A device is never refused for these.
 */
export async function seeDisk(source: DiskSource): Promise<SeenDisk> {
  const read: ReadAt = async (offset, length) => {
    const bytes = new Uint8Array(length);
    await source.read(offset, bytes);
    return bytes;
  };
  if (source.size < smallestDisk) throw notADisk(source, source.size === 0 ? 'it is empty' : 'it is too small');
  const { sectorSize } = source;
  const wholeSectors = Math.floor(source.size / sectorSize) * sectorSize;
  const { table, unreadable } = await readTable(source, read, wholeSectors);
  const dynamic = await inspectDynamic(read, table);
  const fileSystems = new Map<number, SeenFileSystem>();
  const mapped = new Map<string, SeenFileSystem>();
  const add = async (
    partition: Pick<Partition, 'index' | 'start' | 'size'>,
    fileSystem: FileSystem | undefined,
  ): Promise<void> => {
    if (fileSystem === undefined) return;
    fileSystems.set(partition.index, isDynamicDisk(table) ? withoutMap(fileSystem, noMapOnDynamicDisk) : fileSystem);
    for (const volume of holdsVolumes(fileSystem) ? mappedIn(source, partition) : []) {
      const inside = await lookInto(source, volume);
      if (inside !== undefined) mapped.set(volume.path, inside);
    }
  };
  if (table.scheme === 'none') {
    const fileSystem = await recognise(read, { size: wholeSectors, sectorSize });
    // The image of a disc has a file system, but no disk was ever restored from one.
    if (source.kind === 'file' && (fileSystem === undefined || fileSystem.type === 'iso9660')) {
      throw notADisk(source, await whatItIs(read, source));
    }
    if (source.kind === 'file' && (fileSystem?.size ?? 0) > source.size) throw truncated(source, fileSystem?.size ?? 0);
    // Where there was a table, this may be what lay there before.
    const isLeftover = fileSystem !== undefined && unreadable.length > 0;
    const found = isLeftover ? withoutMap(fileSystem, 'the partition table cannot be read') : fileSystem;
    await add({ index: 0, start: 0, size: source.size }, found);
  } else {
    if (source.kind === 'file') assertWhole(source, table);
    for (const partition of volumePartitions(wholeSectors, table.partitions)) {
      const readPartition: ReadAt = (offset, length) => read(partition.start + offset, length);
      await add(partition, await recognise(readPartition, { size: partition.size, sectorSize }));
    }
  }
  if (wholeSectors !== source.size) throw truncated(source, wholeSectors + sectorSize);
  const { scheme, id, partitions, extents } = table;
  const problems = [...unreadable, ...table.problems.map(({ message }) => message)];
  const isDoubtful = table.problems.some(({ code }) => hiding.has(code));
  const seen = { scheme, id, partitions, tables: extents, problems, dynamic, fileSystems, mapped };
  return isDoubtful ? { ...seen, doubtful: true } : seen;
}

/** With these a table may not show partitions that are there all the same, and that somebody may still find. */
const hiding: ReadonlySet<TableProblem['code']> = new Set([
  'ebr-broken',
  'gpt-copies-differ',
  'hybrid-mbr',
  'partition-invalid',
]);

/** What begins a partition of a dynamic disk may be the first piece of a volume that goes on elsewhere. */
const noMapOnDynamicDisk = 'volumes of a dynamic disk do not follow its partitions';

function withoutMap(fileSystem: FileSystem, noMapReason: string): FileSystem {
  return { ...fileSystem, allocated: undefined, optional: [], noMapReason };
}

/**
 * The partitions that may hold a file system, as far as the disk reaches: a device whose table is of a larger disk is imaged before
 * anybody mends it.
 */
export function volumePartitions(
  size: number,
  partitions: SeenDisk['partitions'],
): readonly Pick<Partition, 'index' | 'start' | 'size'>[] {
  return partitions
    .filter(({ kind, start }) => kind !== 'extended' && start < size)
    .map(({ index, start, size: length }) => ({ index, start, size: Math.min(length, size - start) }));
}

function noTable({ sectorSize }: DiskSource, diskSize: number): PartitionTable {
  return {
    scheme: 'none',
    id: undefined,
    sectorSize,
    diskSize,
    partitions: [],
    extents: ExtentSet.empty,
    problems: [],
  };
}

/** A dying disk is what backups are for: what of its tables cannot be read is as good as zeros, as in the image, and of a GPT there are two. */
async function readTable(
  source: DiskSource,
  read: ReadAt,
  size: number,
): Promise<{ readonly table: PartitionTable; readonly unreadable: readonly string[] }> {
  const unreadable = new Set<string>();
  const readOrZeros: ReadAt = async (offset, length) => {
    try {
      return await read(offset, length);
    } catch (error) {
      if (!isSysimageError(error, 'corrupt')) throw error;
      unreadable.add(`${length} bytes at ${offset} cannot be read`);
      return new Uint8Array(length);
    }
  };
  try {
    const table = await readPartitionTable(readOrZeros, { size, sectorSize: source.sectorSize });
    return { table, unreadable: [...unreadable] };
  } catch (error) {
    if (!isFormatError(error)) throw error;
    if (source.kind === 'device' && error.code === 'corrupt') {
      return { table: noTable(source, size), unreadable: [...unreadable, error.message] };
    }
    throw new SysimageError('corrupt', `the partition table of ${source.path} cannot be read: ${error.message}`, {
      operation: 'inspect',
      context: { disk: source.path, ...(error.offset === undefined ? {} : { offset: error.offset }) },
      remedy: 'Repair the table first, for example with "gdisk" or "testdisk".',
      cause: error,
    });
  }
}

function assertWhole(source: DiskSource, table: PartitionTable): void {
  const ends = table.partitions.map((partition) => partition.start + partition.size);
  const needed = Math.max(0, ...ends);
  if (needed > source.size) throw truncated(source, needed);
}

function truncated(source: DiskSource, needed: number): SysimageError {
  return new SysimageError(
    'corrupt',
    `${source.path} is truncated: it has ${source.size} bytes, and what is on it reaches to byte ${needed}`,
    {
      operation: 'inspect',
      context: { disk: source.path, size: source.size, needed },
      remedy: 'Copy the disk again; the rest of it is missing.',
    },
  );
}

function notADisk(source: DiskSource, why: string): SysimageError {
  return new SysimageError('invalid', `${source.path} is not the image of a disk: ${why}`, {
    operation: 'inspect',
    context: { disk: source.path },
    remedy:
      'Give a block device or a raw image of a whole disk. A disk of unknown content can be given as a block device.',
  });
}

async function whatItIs(read: ReadAt, source: DiskSource): Promise<string> {
  for (const { magic, at, name } of otherImages) {
    if (source.size < at + magic.length) continue;
    if (String.fromCharCode(...(await read(at, magic.length))) === magic) {
      return `it is ${name}; convert it with "qemu-img convert -O raw" first`;
    }
  }
  return 'there is neither a partition table nor a known file system in it';
}
