import { isSysimageError } from '../contract/errors.js';
import type { Hasher } from '../contract/services.js';
import type { Target } from '../contract/target.js';
import { newestOf, type Catalog } from '../image/catalog.js';
import { VersionReader } from '../image/version-reader.js';
import type { Damage, FoundDamage } from '../model/damage.js';
import type { DiskRecord, LayerEntry, VersionRecord } from '../model/version-record.js';

/** Finds out which versions lose something by each damage. */
export async function whomDamageHits(
  target: Target,
  catalog: Catalog,
  found: readonly FoundDamage[],
  hasher: Hasher,
): Promise<readonly Damage[]> {
  const readers = found.some(({ grain }) => grain !== undefined) ? await openAll(target, catalog, hasher) : [];
  const damages: Damage[] = [];
  for (const damage of found) {
    const { grain, object, start, end, what } = damage;
    const versions: string[] = [];
    if (grain === undefined) versions.push(...needing(catalog, damage));
    else {
      for (const { id, reader } of readers) {
        const place = await orUndefined(() => reader.placeOf(grain));
        const lies = place?.name === object && place.offset >= start && place.offset < end;
        const isLost = place === undefined && reader.disk.image.name === object && (await hasData(reader, grain));
        if (lies || isLost) versions.push(id);
      }
    }
    damages.push({ object, start, end, what, versions });
  }
  return damages;
}

async function openAll(
  target: Target,
  catalog: Catalog,
  hasher: Hasher,
): Promise<readonly { readonly id: string; readonly reader: VersionReader }[]> {
  const readers: { id: string; reader: VersionReader }[] = [];
  for (const version of catalog.versions) {
    for (const disk of version.disks) {
      // What keeps it from being opened is a damage of its own.
      const reader = await orUndefined(() => VersionReader.open(target, catalog, version, disk, hasher));
      if (reader !== undefined) readers.push({ id: version.id, reader });
    }
  }
  return readers;
}

/** The versions that cannot do without an object, where it is not known which grains are hit. */
function needing(catalog: Catalog, { object, harmless }: FoundDamage): readonly string[] {
  if (harmless === true) return [];
  const names = (version: VersionRecord, disk: DiskRecord): readonly string[] => [
    disk.allocation.name,
    disk.image.name,
    ...disk.shards.map(({ name }) => name),
    ...layersAbove(catalog, version, disk).map(({ name }) => name),
  ];
  return catalog.versions
    .filter((version) => version.disks.some((disk) => names(version, disk).includes(object)))
    .map(({ id }) => id);
}

/** The layers through which a version is read. */
export function layersAbove(catalog: Catalog, version: VersionRecord, disk: DiskRecord): readonly LayerEntry[] {
  const newest = newestOf(catalog, disk.image.name);
  const layers = newest?.disks.find(({ image }) => image.name === disk.image.name)?.layers ?? [];
  return layers.filter(({ base }) => base >= version.id);
}

/** A grain of a map that cannot be read may be anything. */
async function hasData(reader: VersionReader, grain: number): Promise<boolean> {
  const known = await orUndefined(() => reader.digestOf(grain));
  return known === undefined || known.kind === 'data';
}

async function orUndefined<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isSysimageError(error, 'corrupt')) return undefined;
    throw error;
  }
}
