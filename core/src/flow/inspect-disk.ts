import type { ExtentSet } from '@sysimage/extents';
import type { Partition } from '@sysimage/partition-table';
import type { DiskSource } from '../contract/source.js';
import type { DiskLayout, Volume } from '../model/disk-layout.js';
import { describeVolume, type InspectionSettings, type VolumeSnapshot } from './describe-volume.js';
import { patchedSource, type Patch } from './patched-source.js';
import { seeDisk, volumePartitions, type SeenDisk } from './see-disk.js';
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

/** Reads the tables and file systems of a disk. Errors: as of `seeDisk`. */
export async function inspectDisk(source: DiskSource, settings: InspectionSettings = {}): Promise<InspectedDisk> {
  return describeDisk(source, await seeDisk(source), settings);
}

/** What of a disk would be taken, and how. Reads nothing. */
export function describeDisk(source: DiskSource, seen: SeenDisk, settings: InspectionSettings): InspectedDisk {
  const volumes: Volume[] = [];
  const volumeMaps = new Map<number, ExtentSet>();
  const patches: Patch[] = [];
  for (const partition of volumesOf(source, seen)) {
    const { volume, map, overwrite } = describeVolume(source, partition, seen, settings);
    volumes.push(volume);
    if (map !== undefined) volumeMaps.set(partition.index, map);
    patches.push(...overwrite);
  }
  return {
    source: patches.length === 0 ? source : patchedSource(source, patches),
    layout: layoutOf(source, seen, volumes),
    tables: seen.tables,
    volumeMaps,
    snapshots: settings.snapshots ?? new Map(),
  };
}

/** What may hold a file system: partitions that hold no others, or all of a disk without a table. */
function volumesOf(
  { size }: DiskSource,
  { scheme, partitions }: SeenDisk,
): readonly Pick<Partition, 'index' | 'start' | 'size'>[] {
  const isBare = scheme === 'none' && partitions.length === 0;
  return isBare ? [{ index: 0, start: 0, size }] : volumePartitions(size, partitions);
}

function layoutOf(source: DiskSource, seen: SeenDisk, volumes: Volume[]): DiskLayout {
  const { size, sectorSize, model, serial } = source;
  const { scheme, id, partitions, dynamic, problems, doubtful } = seen;
  return {
    size,
    sectorSize,
    scheme,
    id,
    model,
    serial,
    partitions: partitions.map((partition) => ({ ...partition })),
    volumes,
    ...(dynamic === undefined ? {} : { dynamic }),
    problems: [...problems],
    ...(doubtful === undefined ? {} : { doubtful }),
  };
}
