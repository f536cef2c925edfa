import { isFormatError, isZero } from '@sysimage/bytes';
import { ExtentSet } from '@sysimage/extents';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { DiskDestination, DiskSource } from '../contract/source.js';
import type { Target } from '../contract/target.js';
import type { DiskLayout } from '../model/disk-layout.js';
import type { DiskRecord } from '../model/version-record.js';
import { compareLayout } from '../plan/compare-layout.js';
import { inspectDisk } from './inspect-disk.js';

/** What is on the disk that a restore will write. */
export type DestinationState =
  /** A file made for this restore. */
  | { readonly kind: 'fresh' }
  /** No table and no known signature. */
  | { readonly kind: 'blank' }
  /** The recorded partitions are there: only their volumes are written. */
  | { readonly kind: 'same-layout'; readonly layout: DiskLayout }
  /** Something else, and the user wants it gone. `signatures`: where it could be found again. */
  | {
      readonly kind: 'different';
      readonly layout: DiskLayout | undefined;
      readonly differences: readonly string[];
      readonly signatures: ExtentSet;
    };

/** Both ends of a disk and of every partition: where signatures of tables, file systems and RAID lie. */
const margin = 1024 * 1024;

/**
 * Looks at a destination. Errors: `layout` when it is too small, has other sectors, or holds something else and may not be
 * recreated, or the backup lies on a dynamic disk; `policy` when the backup itself lies on it.
 */
export async function examineDestination(
  record: DiskRecord,
  destination: DiskDestination,
  request: { readonly target: Target; readonly recreateDisks: boolean },
): Promise<DestinationState> {
  assertNotBackupDisk(destination, request.target);
  if (destination.size < record.layout.size) {
    throw layoutError(
      destination,
      `it has ${destination.size} bytes, and the disk of the version has ${record.layout.size}`,
    );
  }
  if (destination.kind === 'device' && destination.sectorSize !== record.layout.sectorSize) {
    throw layoutError(
      destination,
      `its sectors have ${destination.sectorSize} bytes, and those of the version ${record.layout.sectorSize}`,
    );
  }
  if (destination.fresh) return { kind: 'fresh' };
  const layout = await layoutOf(destination);
  if (layout === undefined && (await hasBlankEnds(destination))) return { kind: 'blank' };
  const comparison = layout === undefined ? undefined : compareLayout(record.layout, layout);
  if (layout !== undefined && comparison?.same === true && !request.recreateDisks && layout.scheme !== 'none') {
    return { kind: 'same-layout', layout };
  }
  const differences =
    comparison === undefined
      ? ['it holds data of an unknown kind']
      : comparison.same
        ? ['a file system fills the whole disk, so that nothing but all of it can be written']
        : comparison.differences;
  assertNoDynamicTarget(destination, request.target, differences);
  if (!request.recreateDisks) {
    throw layoutError(
      destination,
      differences.join('; '),
      'With --recreate-disks it is written all the same, and what is on it is lost.',
    );
  }
  return { kind: 'different', layout, differences, signatures: signaturesOf(destination, layout) };
}

/** The layout that is there now; `undefined` when nothing known is. */
async function layoutOf(destination: DiskDestination): Promise<DiskLayout | undefined> {
  const source: DiskSource = {
    path: destination.path,
    kind: 'device',
    size: destination.size,
    sectorSize: destination.sectorSize,
    mounts: destination.mounts,
    read: (offset, into) => destination.read(offset, into),
    close: () => Promise.resolve(),
  };
  try {
    const { layout } = await inspectDisk(source);
    const known = layout.scheme !== 'none' || layout.volumes.some(({ fileSystem }) => fileSystem !== undefined);
    // A table that is broken or reaches beyond the disk is something, but nothing that could be compared.
    return known && !layout.partitions.some(({ start, size }) => start + size > layout.size) ? layout : undefined;
  } catch (error) {
    if (isFormatError(error) || isSysimageError(error, 'corrupt') || isSysimageError(error, 'invalid'))
      return undefined;
    throw error;
  }
}

async function hasBlankEnds(destination: DiskDestination): Promise<boolean> {
  const length = Math.min(margin, destination.size);
  const bytes = new Uint8Array(length);
  await destination.read(0, bytes);
  if (!isZero(bytes)) return false;
  await destination.read(destination.size - length, bytes);
  return isZero(bytes);
}

function signaturesOf(destination: DiskDestination, layout: DiskLayout | undefined): ExtentSet {
  const ranges = [
    { start: 0, end: destination.size },
    ...(layout?.partitions ?? []).map(({ start, size }) => ({ start, end: Math.min(start + size, destination.size) })),
  ].filter(({ start, end }) => start < end);
  return ExtentSet.from(
    ranges.flatMap(({ start, end }) => [
      { start, end: Math.min(start + margin, end) },
      { start: Math.max(start, end - margin), end },
    ]),
  );
}

function assertNotBackupDisk(destination: DiskDestination, target: Target): void {
  if (destination.kind !== 'device') return;
  const below = new Set(target.traits.physicalDisks?.map(({ id }) => id));
  const shared = destination.physicalDisks?.find(({ id }) => below.has(id));
  if (shared === undefined) return;
  throw new SysimageError('policy', `${destination.path} lies on ${shared.name}, the disk that holds the backup`, {
    operation: 'restore',
    remedy: 'Restore to another disk, or copy the backup to another place first.',
  });
}

/** The volume that holds the backup may have parts on any disk of its group, and needs its database: none may be recreated. */
function assertNoDynamicTarget(
  destination: DiskDestination,
  { capabilities, traits }: Target,
  differences: readonly string[],
): void {
  if (destination.kind !== 'device' || capabilities.dynamicDisk !== 'yes') return;
  throw new SysimageError(
    'layout',
    `${destination.path} would be laid out anew (${differences.join('; ')}), and the backup in ${traits.location} lies on a dynamic disk`,
    {
      operation: 'restore',
      context: { disk: destination.path },
      remedy: 'Copy the folder of the backup to a basic disk or a share, and restore from there.',
    },
  );
}

function layoutError(destination: DiskDestination, why: string, remedy?: string): SysimageError {
  return new SysimageError('layout', `${destination.path} does not fit this version: ${why}`, {
    operation: 'restore',
    context: { disk: destination.path },
    ...(remedy === undefined ? {} : { remedy }),
  });
}
