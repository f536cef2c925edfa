import { isFormatError, type ReadAt } from '@sysimage/bytes';
import { ExtentSet } from '@sysimage/extents';
import { readFileSystem, type FileSystem } from '@sysimage/filesystems';
import { isDynamicDisk, readPartitionTable, type Partition, type PartitionTable } from '@sysimage/partition-table';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { DiskSource, SourceMount } from '../contract/source.js';
import type { Consistency, DiskLayout, Volume } from '../model/disk-layout.js';
import { inspectDynamic } from './inspect-dynamic.js';
import { patchedSource, type Patch } from './patched-source.js';
import type { SnapshotView } from './snapshot-source.js';

/** Content of a clean volume that a restored system makes anew by itself, and that can be left out. */
export const optionalContents = ['pagefile', 'swapfile', 'hiberfil', 'shadow-copies'] as const;

/** By whom a volume in use is, or will be, read as it is at one instant. */
export interface VolumeSnapshot {
  readonly provider: string;
  readonly consistency: 'frozen' | 'crash';
  /** In words. */
  readonly how: string;
}

export interface InspectionSettings {
  /**
   * Names of content that a restored system makes anew by itself (`pagefile`, `swapfile`, `hiberfil`, `shadow-copies`) and that is not to be
   * taken.
   */
  readonly leaveOut?: readonly string[];
  /** By index of the partition, 0 for the whole disk. */
  readonly snapshots?: ReadonlyMap<number, VolumeSnapshot>;
  /** The snapshots are not taken yet: what they will hold is as far as known what is there now. */
  readonly promised?: boolean;
  /** Of volumes for which there is no snapshot: why. */
  readonly noSnapshots?: ReadonlyMap<number, string>;
}

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
  const add = (partition: Pick<Partition, 'index' | 'start' | 'size'>, fileSystem: FileSystem | undefined): void => {
    const { volume, map, overwrite } = describeVolume(source, partition, fileSystem, settings);
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
    add({ index: 0, start: 0, size: source.size }, fileSystem);
  } else {
    assertWhole(source, table);
    for (const partition of table.partitions) {
      if (partition.kind === 'extended') continue;
      const readPartition: ReadAt = (offset, length) => read(partition.start + offset, length);
      const fileSystem = await recognise(readPartition, { size: partition.size, sectorSize: source.sectorSize });
      add(partition, isDynamicDisk(table) ? withoutMap(fileSystem) : fileSystem);
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

/** A dying disk is what backups are for: a volume whose metadata cannot be read is copied whole. */
async function recognise(
  read: ReadAt,
  volume: { readonly size: number; readonly sectorSize: number },
): Promise<FileSystem | undefined> {
  try {
    return await readFileSystem(read, volume);
  } catch (error) {
    if (isSysimageError(error, 'corrupt')) return undefined;
    throw error;
  }
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

interface DescribedVolume {
  readonly volume: Volume;
  /** Offsets from the start of the disk. */
  readonly map: ExtentSet | undefined;
  readonly overwrite: readonly Patch[];
}

function describeVolume(
  source: DiskSource,
  partition: Pick<Partition, 'index' | 'start' | 'size'>,
  fileSystem: FileSystem | undefined,
  settings: InspectionSettings,
): DescribedVolume {
  const { leaveOut = [] } = settings;
  const snapshot = settings.snapshots?.get(partition.index);
  const { consistency, reason } = consistencyOf(source, partition, fileSystem, settings);
  const allocated = isMapTrue(consistency, fileSystem, settings) ? fileSystem?.allocated : undefined;
  const left =
    allocated === undefined ? [] : (fileSystem?.optional ?? []).filter(({ name }) => leaveOut.includes(name));
  const map = left.reduce((rest, { extents }) => rest?.subtract(extents), allocated);
  const mount = mountOf(source, partition);
  const wholeReason = map === undefined ? whyWhole(consistency, reason, fileSystem) : undefined;
  const volume: Volume = {
    partition: partition.index,
    start: partition.start,
    size: partition.size,
    fileSystem: fileSystem?.type,
    label: fileSystem?.label,
    id: fileSystem?.id,
    unitSize: fileSystem?.unitSize,
    consistency,
    consistencyReason: reason,
    ...(snapshot === undefined ? {} : { snapshot: snapshot.provider }),
    copied: map === undefined ? 'whole' : 'used',
    wholeReason,
    usedBytes: map?.size ?? partition.size,
    ...(left.length === 0 ? {} : { leftOut: left.map(({ name, extents }) => ({ name, bytes: extents.size })) }),
    mountPoint: mount?.mountPoint,
  };
  const overwrite = left.flatMap((content) =>
    content.overwrite.map(({ offset, bytes }) => ({ offset: partition.start + offset, bytes })),
  );
  return { volume, map: map?.shift(partition.start), overwrite };
}

/** A journal may refer to any block; but of a file system that was frozen it holds nothing that is not in place. */
function isMapTrue(
  consistency: Consistency,
  fileSystem: FileSystem | undefined,
  { promised = false }: InspectionSettings,
): boolean {
  if (consistency !== 'frozen') return consistency === 'clean';
  return promised || fileSystem?.state === 'clean' || fileSystem?.trueWhenFrozen === true;
}

function whyWhole(consistency: Consistency, reason: string | undefined, fileSystem: FileSystem | undefined): string {
  const ofFileSystem = fileSystem?.noMapReason ?? fileSystem?.stateReason ?? 'no known file system';
  return consistency === 'frozen' ? ofFileSystem : (reason ?? ofFileSystem);
}

/** Used blocks alone are enough only of a file system that was closed in order: a journal may refer to any block. */
function consistencyOf(
  source: DiskSource,
  partition: Pick<Partition, 'index' | 'start' | 'size'>,
  fileSystem: FileSystem | undefined,
  { snapshots, noSnapshots }: InspectionSettings,
): { consistency: Consistency; reason?: string } {
  const mount = mountOf(source, partition);
  const snapshot = snapshots?.get(partition.index);
  // What was taken stays what it is, whoever unmounts the volume meanwhile.
  if (snapshot !== undefined) {
    const where = mount === undefined ? 'in use' : `mounted for writing at ${mount.mountPoint}`;
    return { consistency: snapshot.consistency, reason: `${where}, ${snapshot.how}` };
  }
  if (mount !== undefined && !mount.readOnly) {
    const why = noSnapshots?.get(partition.index);
    const reason = `mounted for writing at ${mount.mountPoint}${why === undefined ? '' : ` (${why})`}`;
    return { consistency: 'live', reason };
  }
  if (fileSystem === undefined || fileSystem.state === 'clean') return { consistency: 'clean' };
  const why = fileSystem.stateReason ?? (fileSystem.state === 'unclean' ? 'not closed in order' : undefined);
  return { consistency: 'crash', reason: why ?? `whether ${fileSystem.type} was closed in order is not known` };
}

/** What of a disk is mounted that lies, or may lie, in a part of it. */
export function mountsIn(
  { mounts }: Pick<DiskSource, 'mounts'>,
  { start, size }: Pick<Partition, 'start' | 'size'>,
): readonly SourceMount[] {
  return mounts.filter(({ offset }) => offset === undefined || (offset >= start && offset < start + size));
}

function mountOf(source: DiskSource, range: Pick<Partition, 'start' | 'size'>): SourceMount | undefined {
  const here = mountsIn(source, range);
  return here.find((mount) => !mount.readOnly) ?? here[0];
}
