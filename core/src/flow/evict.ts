import { isSysimageError } from '../contract/errors.js';
import type { Held, Target } from '../contract/target.js';
import { newestOf, oldestId, readCatalog, type Catalog } from '../image/catalog.js';
import { sweep } from '../image/sweep.js';
import type { Finding } from '../model/finding.js';
import type { VersionRecord } from '../model/version-record.js';
import { isGood } from '../plan/good-version.js';
import type { EngineServices } from './engine.js';

export interface EvictionPlace {
  readonly target: Target;
  readonly folder: string;
  readonly held: Held;
  readonly services: EngineServices;
  /** Hears of every version that goes. */
  readonly tell: (finding: Finding) => void;
}

/**
 * When a run failed for want of room: gives up the oldest version that newer good ones stand in for, record first. The catalog
 * without it; `undefined` when that is not why it failed, when there is no such version, or when the run could not be taken back.
 */
export async function evictAfter(error: unknown, place: EvictionPlace): Promise<Catalog | undefined> {
  if (!isSysimageError(error, 'no-space')) return undefined;
  return evictOldest(await catalogAt(place), place, 'the target is full');
}

/** Gives up the oldest versions while shadow storage takes more than `most` bytes. */
export async function limitShadow(most: number, place: EvictionPlace): Promise<void> {
  let catalog: Catalog | undefined = await catalogAt(place);
  while (catalog !== undefined && shadowBytes(catalog) > most)
    catalog = await evictOldest(catalog, place, `shadow storage may take ${most} bytes`);
}

/** The oldest version of whose disks all have newer good ones, and below which nothing lies in its images. */
export function oldestEvictable({ versions, lost, openRuns }: Catalog): VersionRecord | undefined {
  // What cannot be read may refer to anything: nothing would become free. And an open run is read through what is there.
  if (lost.length > 0 || openRuns.length > 0) return undefined;
  return versions.find((version, at) => {
    const [older, newer] = [versions.slice(0, at), versions.slice(at + 1).filter(isGood)];
    return version.disks.every(
      ({ key, image }) =>
        newer.some(({ disks }) => disks.some((disk) => disk.key === key)) &&
        !older.some(({ disks }) => disks.some((disk) => disk.image.name === image.name)),
    );
  });
}

/** Bytes of the layers through which versions are read. */
export function shadowBytes(catalog: Catalog): number {
  const oldest = oldestId(catalog);
  const sizes = new Map<string, number>();
  for (const version of catalog.versions) {
    for (const { image, layers } of version.disks) {
      if (newestOf(catalog, image.name) !== version || oldest === undefined) continue;
      for (const { name, size, base } of layers) if (base >= oldest) sizes.set(name, size);
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

async function evictOldest(catalog: Catalog, place: EvictionPlace, why: string): Promise<Catalog | undefined> {
  const { target, held, tell } = place;
  const version = oldestEvictable(catalog);
  if (version === undefined) return undefined;
  held.assertHeld();
  await target.remove(catalog.names.version(version.id));
  const left = await catalogAt(place);
  await sweep(target, left, held);
  tell({
    policy: 'target/evicted',
    severity: 'warn',
    outcome: 'violation',
    subject: `versions/${version.id}`,
    message: `the version of ${version.createdAt} was given up: ${why}`,
    remedy: 'Choose a larger target, or give up versions by rules with "sysimage prune". --no-evict stops instead.',
  });
  return left;
}

function catalogAt({ target, folder, services }: EvictionPlace): Promise<Catalog> {
  return readCatalog(target, folder, services.hasher);
}
