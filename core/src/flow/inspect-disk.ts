import { isFormatError, type ReadAt } from '@sysimage/bytes';
import type { ExtentSet } from '@sysimage/extents';
import type { FileSystem } from '@sysimage/filesystems';
import { isDynamicDisk, readPartitionTable, type Partition, type PartitionTable } from '@sysimage/partition-table';
import { SysimageError } from '../contract/errors.js';
import type { DiskSource } from '../contract/source.js';
import type { DiskLayout, Volume } from '../model/disk-layout.js';
import { describeVolume, type InspectionSettings, type VolumeSnapshot } from './describe-volume.js';
import { inspectDynamic } from './inspect-dynamic.js';
import { patchedSource, type Patch } from './patched-source.js';
import { recognise } from './recognise.js';
import type { SnapshotView } from './snapshot-source.js';

/** Content of a clean volume that a restored system makes anew by itself, and that can be left out. */
export const optionalContents = ['pagefile', 'swapfile', 'hiberfil', 'shadow-copies'] as const;

/** A disk as it is now: its layout, and of every volume that may be copied by its blocks in use, which these are. */
export interface InspectedDisk {
  readonly source: DiskSource;
  readonly layout: DiskLayout;
  /** The bytes of the partition tables themselves. */
  readonly tables: ExtentSet;
  /** By index of the partition, 0 for the whole disk; offsets from the start of the disk. */
  readonly volumeMaps: ReadonlyMap<number, ExtentSet>;
  /** By whom volumes in use are read, or will be. */
  readonly snapshots: ReadonlyMap<number, VolumeSnapshot>;
  /** Once snapshots are taken: how the disk is read. */
  readonly view?: SnapshotView;
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
 * one that was cut off, or whose tables are all broken.
 */
export async function inspectDisk(source: DiskSource, settings: InspectionSettings = {}): Promise<InspectedDisk> {
  const read: ReadAt = async (offset, length) => {
    const bytes = new Uint8Array(length);
    await source.read(offset, bytes);
    return bytes;
  };
  if (source.size < smallestDisk) throw notADisk(source, source.size === 0 ? 'it is empty' : 'it is too small');
  const wholeSectors = Math.floor(source.size / source.sectorSize) * source.sectorSize;
  const table = await readTable(source, read, wholeSectors);
  const dynamic = await inspectDynamic(read, table);
  const layoutOf = (volumes: Volume[]): DiskLayout => ({
    size: source.size,
    sectorSize: source.sectorSize,
    scheme: table.scheme,
    id: table.id,
    model: source.model,
    serial: source.serial,
    partitions: table.partitions.map((partition) => ({ ...partition })),
    volumes,
    ...(dynamic === undefined ? {} : { dynamic }),
    problems: table.problems.map((problem) => problem.message),
  });

  const volumes: Volume[] = [];
  const volumeMaps = new Map<number, ExtentSet>();
  const patches: Patch[] = [];
  const add = async (
    partition: Pick<Partition, 'index' | 'start' | 'size'>,
    fileSystem: FileSystem | undefined,
  ): Promise<void> => {
    const { volume, map, overwrite } = await describeVolume(source, partition, fileSystem, settings);
    volumes.push(volume);
    if (map !== undefined) volumeMaps.set(partition.index, map);
    patches.push(...overwrite);
  };
  if (table.scheme === 'none') {
    const fileSystem = await recognise(read, { size: wholeSectors, sectorSize: source.sectorSize });
    // The image of a disc has a file system, but no disk was ever restored from one.
    if (source.kind === 'file' && (fileSystem === undefined || fileSystem.type === 'iso9660')) {
      throw notADisk(source, await whatItIs(read, source));
    }
    if (source.kind === 'file' && (fileSystem?.size ?? 0) > source.size) throw truncated(source, fileSystem?.size ?? 0);
    await add({ index: 0, start: 0, size: source.size }, fileSystem);
  } else {
    assertWhole(source, table);
    for (const partition of table.partitions) {
      if (partition.kind === 'extended') continue;
      const readPartition: ReadAt = (offset, length) => read(partition.start + offset, length);
      const fileSystem = await recognise(readPartition, { size: partition.size, sectorSize: source.sectorSize });
      await add(partition, isDynamicDisk(table) ? withoutMap(fileSystem) : fileSystem);
    }
  }
  if (wholeSectors !== source.size) throw truncated(source, wholeSectors + source.sectorSize);
  return {
    source: patches.length === 0 ? source : patchedSource(source, patches),
    layout: layoutOf(volumes),
    tables: table.extents,
    volumeMaps,
    snapshots: settings.snapshots ?? new Map(),
  };
}

/** What begins a partition of a dynamic disk may be the first piece of a volume that goes on elsewhere. */
function withoutMap(fileSystem: FileSystem | undefined): FileSystem | undefined {
  if (fileSystem === undefined) return undefined;
  const noMapReason = 'volumes of a dynamic disk do not follow its partitions';
  return { ...fileSystem, allocated: undefined, optional: [], noMapReason };
}

async function readTable(source: DiskSource, read: ReadAt, size: number): Promise<PartitionTable> {
  try {
    return await readPartitionTable(read, { size, sectorSize: source.sectorSize });
  } catch (error) {
    if (!isFormatError(error)) throw error;
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
