import { SysimageError } from '../contract/errors.js';
import type { SourceMount } from '../contract/source.js';
import type { TargetTraits } from '../contract/target.js';
import type { DiskLayout, Volume } from '../model/disk-layout.js';
import { isSelected } from './selection.js';

/** A disk as it is about to be taken. */
export interface MountedDisk {
  readonly path: string;
  readonly layout: Pick<DiskLayout, 'volumes'>;
  readonly mounts: readonly SourceMount[];
}

/**
 * Refuses a target that lies in a volume that is to be taken, at any depth: every byte of the backup would change what is backed up,
 * and what is restored from it would hold a half of it. Errors: `policy`.
 */
export function assertTargetOutside(
  disks: readonly MountedDisk[],
  { location, fileSystemsBelow = [] }: Pick<TargetTraits, 'location' | 'fileSystemsBelow'>,
): void {
  const below = new Set(fileSystemsBelow.map(({ id }) => id));
  for (const [index, { path, layout, mounts }] of disks.entries()) {
    for (const { fileSystem, mountPoint, offset } of mounts) {
      if (fileSystem === undefined || !below.has(fileSystem)) continue;
      const [volume] = volumesAt(layout.volumes, offset).filter(isSelected);
      if (volume === undefined) continue;
      if (offset === undefined && !layout.volumes.every(isSelected)) throw perhapsInside(location, path, mountPoint);
      const name = volume.partition === 0 ? path : `partition ${volume.partition} of ${path}`;
      throw new SysimageError(
        'policy',
        `the target ${location} lies in ${name}, mounted at ${mountPoint}, which is to be backed up`,
        {
          operation: 'plan',
          context: { disk: path },
          remedy: `Choose a target in another place, or leave that volume out with --exclude ${index}:${volume.partition}.`,
        },
      );
    }
  }
}

function perhapsInside(location: string, disk: string, mountPoint: string): SysimageError {
  const message = `the target ${location} lies on ${disk}, mounted at ${mountPoint}, and nobody knows in which of its volumes: some are to be backed up`;
  return new SysimageError('policy', message, {
    operation: 'plan',
    context: { disk },
    remedy:
      'Choose a target in another place, or mount the volume through a loop device of its own ("losetup --offset"), whose place is known.',
  });
}

/** Where a mount lies, or may lie. */
function volumesAt(volumes: readonly Volume[], offset: number | undefined): readonly Volume[] {
  if (offset === undefined) return volumes;
  return volumes.filter(({ start, size }) => offset >= start && offset < start + size);
}
