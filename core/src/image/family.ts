import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import type { DiskRecord } from '../model/version-record.js';
import { newestOf, type Catalog } from './catalog.js';
import { equalBytes, grainSize } from './grain.js';
import type { MapShard } from './map-shard.js';
import { readShard } from './read-map.js';

/**
 * Images that share bytes, oldest first, each as its newest version recorded it: every one but the first began as a copy of the one
 * before, or of one that is gone.
 */
export type Family = readonly DiskRecord[];

/** The first image of the family that a copy of this disk's image belongs to. */
export function originOf({ image }: DiskRecord): ObjectName {
  return image.origin ?? image.name;
}

/** Families of more than one image, also of those of which all others are gone. */
export function familiesOf(catalog: Catalog): readonly Family[] {
  const families = new Map<ObjectName, DiskRecord[]>();
  for (const version of catalog.versions) {
    for (const disk of version.disks) {
      if (newestOf(catalog, disk.image.name) !== version) continue;
      const origin = originOf(disk);
      families.set(origin, [...(families.get(origin) ?? []), disk]);
    }
  }
  return [...families.values()].filter((family) => family.some(({ image }) => image.origin !== undefined));
}

/**
 * Bytes that older images of a family keep for themselves: of each, the grains that the next one holds otherwise. Reads the maps that
 * differ. Errors: `corrupt`.
 */
export async function keptApart(
  target: Target,
  family: Family,
  hasher: Hasher,
  options?: CallOptions,
): Promise<number> {
  let bytes = 0;
  for (const [i, disk] of family.entries()) {
    const next = family[i + 1];
    if (next !== undefined) bytes += await differingBytes(target, disk, next, hasher, options);
  }
  return bytes;
}

/** Bytes that all images of a family take together. Errors: `corrupt`. */
export async function familyBytes(
  target: Target,
  family: Family,
  hasher: Hasher,
  options?: CallOptions,
): Promise<number> {
  const newest = family.at(-1);
  if (newest === undefined) return 0;
  const own = await differingBytes(target, newest, undefined, hasher, options);
  return own + (await keptApart(target, family, hasher, options));
}

async function differingBytes(
  target: Target,
  disk: DiskRecord,
  next: DiskRecord | undefined,
  hasher: Hasher,
  options: CallOptions | undefined,
): Promise<number> {
  let grains = 0;
  for (const { name, shard: index } of disk.shards) {
    // The same map says the same of both.
    if (next?.shards.some((other) => other.name === name) === true) continue;
    const shard = await readShard(target, disk, index, hasher, options);
    const other = next === undefined ? undefined : await readShard(target, next, index, hasher, options);
    for (let grain = 0; grain < (shard?.count ?? 0); grain += 1)
      if (shard?.kind(grain) === 'data' && !holdsTheSame(shard, other, grain)) grains += 1;
  }
  return grains * grainSize;
}

function holdsTheSame(shard: MapShard, other: MapShard | undefined, grain: number): boolean {
  return other?.kind(grain) === 'data' && equalBytes(shard.digest(grain), other.digest(grain));
}
