import { ExtentSet } from '@sysimage/extents';
import type { ContentSummary, DiskSource, DiskSummary, SourceMount } from '../contract/source.js';
import { SysimageError } from '../contract/errors.js';
import type { KnownDisk } from './inspected-disks.js';
import type { SeenFileSystem } from './see-disk.js';

/**
 * A disk of which nothing but the inventory is known: what its table says of itself, and what file systems say, is not, and stands there
 * as if all were well.
 */
export function seenInInventory(summary: DiskSummary): KnownDisk {
  const { path, size, sectorSize, model, serial, table, volumes = [] } = summary;
  const { physicalDisks, physicalDisksUnknown } = summary;
  const source: DiskSource = {
    path,
    kind: 'device',
    size,
    sectorSize,
    ...(model === undefined ? {} : { model }),
    ...(serial === undefined ? {} : { serial }),
    ...(physicalDisks === undefined ? {} : { physicalDisks }),
    ...(physicalDisksUnknown === undefined ? {} : { physicalDisksUnknown }),
    mounts: volumes.flatMap((volume) => mountsOf(volume).map((mount) => ({ ...mount, offset: volume.start }))),
    read: () => Promise.reject(new SysimageError('internal', `${path} is known by its inventory only`)),
    close: () => Promise.resolve(),
  };
  return {
    source,
    seen: {
      scheme: table === undefined || table.scheme === 'other' ? 'none' : table.scheme,
      id: table?.id,
      partitions: volumes
        .filter(({ partition }) => partition > 0)
        .map(({ partition: index, start, size: bytes, type = '', partitionId: id, partitionName: name }) => {
          return { index, start, size: bytes, type, id, name, active: false, kind: 'primary' };
        }),
      tables: ExtentSet.empty,
      problems: [],
      dynamic: undefined,
      fileSystems: new Map(
        volumes.flatMap(({ partition, fileSystem, label, id }) =>
          fileSystem === undefined ? [] : [[partition, unread(fileSystem, label, id)] as const],
        ),
      ),
      mapped: new Map(),
    },
  };
}

function unread(type: string, label: string | undefined, id: string | undefined): SeenFileSystem {
  const marks = { state: 'clean', stateReason: undefined, trueWhenFrozen: false } as const;
  const sizes = { unitSize: undefined, size: undefined, allocated: undefined, noMapReason: undefined };
  return { type, label, id, ...marks, ...sizes, optional: [] };
}

/** Of a volume, and of all that is made of it. */
function mountsOf({ mounts, above }: ContentSummary): readonly SourceMount[] {
  return [...mounts, ...above.flatMap(mountsOf)];
}
