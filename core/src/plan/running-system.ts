import { neededMountPoints, startTypes } from '@sysimage/installed-systems';
import type { ContentSummary, DiskSummary, VolumeSummary } from '../contract/source.js';

/** Disks and volumes, as a request of a backup names them. */
export interface RunningSystem {
  readonly disks: readonly string[];
  /** `0:2`: partition 2 of the first of these disks. */
  readonly include: readonly string[];
}

/**
 * What a running Linux needs to start and run: every disk that holds some of its root, or of what is mounted on the other places that
 * it needs, and of these disks the volumes below these mounts and the partitions that start it. `undefined` when its root is on none.
 */
export function runningSystem(disks: readonly DiskSummary[]): RunningSystem | undefined {
  const own = disks.filter(({ volumes = [] }) => volumes.some(holdsSystem));
  if (!own.some(({ volumes = [] }) => volumes.some((volume) => isMountedOn(volume, (place) => place === '/'))))
    return undefined;
  return {
    disks: own.map(({ path }) => path),
    include: own.flatMap(({ volumes = [] }, index) =>
      volumes
        .filter((volume) => holdsSystem(volume) || startTypes.has(typeOf(volume)))
        .map(({ partition }) => `${index}:${partition}`),
    ),
  };
}

function holdsSystem(volume: VolumeSummary): boolean {
  return isMountedOn(volume, (place) => place === '/' || neededMountPoints.has(place));
}

/** Also by what is made of it: a logical volume, an opened encrypted one. */
function isMountedOn({ mounts, above }: ContentSummary, isWanted: (place: string) => boolean): boolean {
  return mounts.some(({ mountPoint }) => isWanted(mountPoint)) || above.some((each) => isMountedOn(each, isWanted));
}

/** Systems write the types of a master boot record as `0xef`. */
function typeOf({ type = '' }: VolumeSummary): string {
  return type.toUpperCase().replace(/^0X/u, '');
}
