import type { DiskLayout } from '../model/disk-layout.js';
import type { PlannedDisk } from '../model/plan.js';

/** What a version holds of a disk, as far as it takes to tell whether its image can take the changes. */
interface ImagedDisk {
  readonly key: string;
  readonly layout: Pick<DiskLayout, 'size' | 'sectorSize'>;
  readonly image: { readonly name: string; readonly kind: 'in-place' | 'sequential' };
}

interface ImagedVersions<D extends ImagedDisk> {
  /** Oldest first. */
  readonly versions: readonly { readonly id: string; readonly disks: readonly D[] }[];
  readonly lost: readonly { readonly id: string }[];
}

/** A version, and what it holds of one disk. */
export interface Base<D> {
  readonly version: { readonly id: string };
  readonly disk: D;
}

/** The newest version that holds a disk in an image that can take the changes. */
export function baseFor<D extends ImagedDisk>(
  { versions, lost }: ImagedVersions<D>,
  { key, layout }: Pick<PlannedDisk, 'key' | 'layout'>,
): Base<D> | undefined {
  const version = versions.findLast(({ disks }) =>
    disks.some((record) => record.key === key && record.image.kind === 'in-place'),
  );
  const record = version?.disks.find((each) => each.key === key);
  if (version === undefined || record === undefined) return undefined;
  // A newer record that cannot be read means that the image holds what nobody can tell any more: it is left as it is, so that
  // older versions stay readable through the layers, and a new image is begun.
  if (lost.some(({ id }) => id > version.id)) return undefined;
  // Another size or sector size is another disk to every reader of the image: a new generation.
  const isSame = record.layout.size === layout.size && record.layout.sectorSize === layout.sectorSize;
  const newest = versions.findLast(({ disks }) => disks.some(({ image }) => image.name === record.image.name));
  return isSame && newest === version ? { version, disk: record } : undefined;
}
