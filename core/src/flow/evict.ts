import { isSysimageError } from '../contract/errors.js';
import type { Held, Target } from '../contract/target.js';
import { newestOf, oldestId, readCatalog, type Catalog } from '../image/catalog.js';
import { familiesOf, keptApart } from '../image/family.js';
import { sweep } from '../image/sweep.js';
import type { Finding } from '../model/finding.js';
import type { VersionRecord } from '../model/version-record.js';
import { isGood, standsFor } from '../plan/good-version.js';
import { withBallast } from './ballast.js';
import { checkReceipts } from './check-receipts.js';
import type { EngineServices } from './engine.js';

export interface EvictionPlace {
  readonly target: Target;
  readonly folder: string;
  readonly held: Held;
  readonly services: EngineServices;
  /** Hears of every version that goes. */
  readonly tell: (finding: Finding) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * When a run failed for want of room: gives up the oldest version that newer good ones stand in for, record first. The catalog
 * without it; `undefined` when that is not why it failed, when there is no such version, or when the run could not be
 * taken back.
 */
export async function evictAfter(error: unknown, place: EvictionPlace): Promise<Catalog | undefined> {
  if (!isSysimageError(error, 'no-space')) return undefined;
  try {
    return await evictOldest(await catalogAt(place), place, 'the target is full');
  } catch (failure) {
    // What stopped the run is what its user must hear of.
    place.services.log.write('not-evicted', { error: String(failure) });
    return undefined;
  }
}

/**
 * Gives up the oldest versions while shadow storage takes more than `most` bytes. The backup is complete by now: what goes wrong
 * here is told, and ends nothing.
 */
export async function limitShadow(most: number, place: EvictionPlace): Promise<void> {
  try {
    let catalog: Catalog | undefined = await catalogAt(place);
    while (catalog !== undefined && (await shadowBytes(catalog, place)) > most)
      catalog = await evictOldest(catalog, place, `shadow storage may take ${most} bytes`);
  } catch (error) {
    place.tell({
      policy: 'target/shadow-limit',
      severity: 'error',
      outcome: 'violation',
      subject: 'target',
      message: `older versions could not be given up, so shadow storage takes more than it may: ${isSysimageError(error) ? error.message : String(error)}`,
      remedy: 'The next backup tries again.',
    });
  }
}

/**
 * The oldest version for all of whose disks and volumes newer good ones stand in, which are not among the `missing`, and below which nothing lies in its images: with it
 * go the image, or the layer through which it is read, so that giving it up always makes room.
 */
export function oldestEvictable(
  { versions, lost, openRuns }: Catalog,
  missing: ReadonlySet<string>,
): VersionRecord | undefined {
  // What cannot be read may refer to anything: nothing would become free. And an open run is read through what is there.
  if (lost.length > 0 || openRuns.length > 0) return undefined;
  return versions.find((version, at) => {
    const older = versions.slice(0, at);
    const newer = versions.slice(at + 1).filter((one) => isGood(one) && !missing.has(one.id));
    return version.disks.every(
      (disk) =>
        newer.some(({ disks }) => disks.some((one) => standsFor(one, disk))) &&
        !older.some(({ disks }) => disks.some(({ image }) => image.name === disk.image.name)),
    );
  });
}

/** Bytes of the layers through which versions are read, and of older images what newer ones do not share. */
async function shadowBytes(catalog: Catalog, { target, services }: EvictionPlace): Promise<number> {
  let bytes = layerBytes(catalog);
  for (const family of familiesOf(catalog)) bytes += await keptApart(target, family, services.hasher);
  return bytes;
}

function layerBytes(catalog: Catalog): number {
  const sizes = new Map<string, number>();
  for (const version of catalog.versions) {
    for (const { image, layers } of version.disks) {
      const oldest = oldestId(catalog, image.name);
      if (newestOf(catalog, image.name) !== version || oldest === undefined) continue;
      for (const { name, size, base } of layers) if (base >= oldest) sizes.set(name, size);
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

async function evictOldest(catalog: Catalog, place: EvictionPlace, why: string): Promise<Catalog | undefined> {
  const { target, held, services, tell, signal } = place;
  if (signal?.aborted === true) return undefined;
  // What stands in for another must be there.
  const { lost } = await checkReceipts(target, catalog, services.hasher);
  const version = oldestEvictable(catalog, new Set(lost.map(({ id }) => id)));
  if (version === undefined) return undefined;
  held.assertHeld();
  await withBallast(target, catalog.names, () => target.remove(catalog.names.version(version.id)));
  tell({
    policy: 'target/evicted',
    severity: 'warn',
    outcome: 'violation',
    subject: `versions/${version.id}`,
    message: `the version of ${version.createdAt} was given up: ${why}`,
    remedy: 'Choose a larger target, or give up versions by rules with "sysimage prune". --no-evict stops instead.',
  });
  const left = await catalogAt(place);
  await sweep(target, left, held);
  // A target that still shows it would be asked to remove it for ever.
  return left.versions.some(({ id }) => id === version.id) ? undefined : left;
}

function catalogAt({ target, folder, services }: EvictionPlace): Promise<Catalog> {
  return readCatalog(target, folder, services.hasher);
}
