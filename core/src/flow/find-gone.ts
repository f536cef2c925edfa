import { isSysimageError } from '../contract/errors.js';
import type { Hasher } from '../contract/services.js';
import type { Target } from '../contract/target.js';
import { newestOf, type Catalog } from '../image/catalog.js';
import { equalBytes, grainSize, grainsPerShard } from '../image/grain.js';
import { findGrain } from '../image/layer-reader.js';
import { readShard } from '../image/read-map.js';
import { viewVersion, type VersionView } from '../image/version-view.js';
import type { Damage } from '../model/damage.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';

/**
 * What older versions have lost for good although every object is whole: they read it from the image, which holds something else there for
 * its newest version. A backup that heals an image leaves that behind, where the disk had the old bytes no more. Reads maps and indexes only.
 */
export async function* findGone(target: Target, catalog: Catalog, hasher: Hasher): AsyncGenerator<Damage> {
  /** By image, through all layers that the oldest version is read through: younger ones go through some of them. */
  const views = new Map<string, VersionView>();
  for (const version of catalog.versions) {
    for (const disk of version.disks) {
      const newest = newestOf(catalog, disk.image.name);
      const last = newest?.disks.find(({ image }) => image.name === disk.image.name);
      if (disk.image.kind !== 'in-place' || last === undefined || newest === version) continue;
      try {
        const { name } = disk.image;
        const view = views.get(name) ?? (await viewVersion(target, catalog, version, disk, hasher, {}));
        views.set(name, view);
        yield* goneOf(target, view, { version, disk, last }, hasher);
      } catch (error) {
        // Maps and layers that cannot be read are damage of their own.
        if (!isSysimageError(error, 'corrupt')) throw error;
      }
    }
  }
}

interface Older {
  readonly version: VersionRecord;
  readonly disk: DiskRecord;
  /** The same disk of the newest version of the image. */
  readonly last: DiskRecord;
}

async function* goneOf(
  target: Target,
  { layers, image }: VersionView,
  { version, disk, last }: Older,
  hasher: Hasher,
): AsyncGenerator<Damage> {
  const through = layers.filter(({ header }) => header.base >= version.id);
  const isDisplaced = (grain: number): boolean => through.some(({ index }) => (findGrain(index, grain) ?? 0) > 0);
  for (const { shard: number } of disk.shards) {
    const mine = await readShard(target, disk, number, hasher);
    const now = await readShard(target, last, number, hasher);
    for (let at = 0; at < (mine?.count ?? 0); at += 1) {
      if (mine?.kind(at) !== 'data' || !mine.isLive(at)) continue;
      if (now?.kind(at) === 'data' && equalBytes(now.digest(at), mine.digest(at))) continue;
      const grain = number * grainsPerShard + at;
      if (isDisplaced(grain)) continue;
      const place = grain * grainSize;
      const block = image.blockOffset(Math.floor(place / image.blockSize)) ?? 0;
      const start = block === 0 ? 0 : block + (place % image.blockSize);
      const what = `what version ${version.id} had as grain ${grain} of the disk is nowhere any more`;
      yield { object: disk.image.name, start, end: start + grainSize, what, versions: [version.id] };
    }
  }
}
