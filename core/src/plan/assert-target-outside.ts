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
      const inside = volumesAt(layout.volumes, offset).filter(isSelected);
      const [volume] = inside;
      if (volume === undefined) continue;
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

/** Where a mount lies: in one volume; of one whose place is not known, surely in those only of which there is no other. */
function volumesAt(volumes: readonly Volume[], offset: number | undefined): readonly Volume[] {
  if (offset === undefined) return volumes.every(isSelected) ? volumes : [];
  return volumes.filter(({ start, size }) => offset >= start && offset < start + size);
}
