import { isSysimageError, SysimageError } from '../contract/errors.js';
import { supports, type Held, type Target } from '../contract/target.js';
import { readCatalog, type Catalog } from '../image/catalog.js';
import { mergeCandidates } from '../image/merge-candidates.js';
import { putBytes } from '../image/object-io.js';
import { prepareMerge, type MergeCandidate, type PreparedMerge } from '../image/prepare-merge.js';
import { encodeStamped } from '../image/stamped-json.js';
import { sweep } from '../image/sweep.js';
import { writeMerge } from '../image/write-merge.js';
import type { CompactionRecord } from '../model/compaction-record.js';
import type { Finding } from '../model/finding.js';
import { makeVersionId } from '../model/version-id.js';
import { withBallast } from './ballast.js';
import type { EngineServices, Report } from './engine.js';
import { acquireLease, type StealLease } from './lease.js';
import { recover } from './recover.js';

/** Layers that become one. */
export interface Merge {
  /** Names, oldest base first. */
  readonly layers: readonly string[];
  /** Of the versions that are left, the newest one that is read through them. */
  readonly neededBy: string;
  /** Bytes of the layer that they become. */
  readonly size: number;
  /** Bytes that it takes less than they do. */
  readonly freed: number;
}

/** What a compaction would do. */
export interface CompactionPlan {
  readonly merges: readonly Merge[];
  /** Bytes. */
  readonly freed: number;
  /** Layers that stay as they are, because one of them is damaged. */
  readonly damaged: readonly { readonly layers: readonly string[]; readonly reason: string }[];
}

export interface CompactRequest {
  readonly target: Target;
  readonly catalog: Catalog;
  /** Milliseconds to wait for a backup that is going on. */
  readonly lockWait?: number;
  /** Asked whether the lease of a backup that goes on, or seems to, is taken away. Absent: it is not. */
  readonly stealLease?: StealLease;
  readonly signal?: AbortSignal;
}

/**
 * How much must be freed, as a part of what must be copied for it. `worthwhile` is for what is done by the way: one version more or less each
 * day must not copy a month of layers each day.
 */
export const thrifts = { everything: 0, worthwhile: 1 / 8 } as const;
export type Thrift = keyof typeof thrifts;

/** Decides which layers become one, and tells what that frees. Reads maps and indexes, writes nothing. */
export async function planCompaction(
  { target, catalog, signal }: CompactRequest,
  { hasher }: Pick<EngineServices, 'hasher'>,
  thrift: Thrift = 'everything',
): Promise<CompactionPlan> {
  const merges: Merge[] = [];
  const damaged: { layers: readonly string[]; reason: string }[] = [];
  for (const candidate of mergeCandidates(catalog)) {
    const layers = candidate.layers.map(({ name }) => name);
    try {
      const prepared = await prepareMerge(target, candidate, hasher, signal === undefined ? {} : { signal });
      if (isWorth(prepared, thrift)) merges.push(describe(prepared));
    } catch (error) {
      if (!isSysimageError(error, 'corrupt')) throw error;
      damaged.push({ layers, reason: error.message });
    }
  }
  return { merges, freed: merges.reduce((sum, { freed }) => sum + freed, 0), damaged };
}

/**
 * Merges layers between which no version is left, so that what nobody can read any more is given back. The merged layer is written, flushed and
 * read back; then the record that puts it in the place of the others; then these go. A cut at any point leaves either them or it.
 *
 * What it did. Errors: `unsupported` where files cannot be changed in place; `no-space` when there is no room for a merged layer beside
 * those that it replaces.
 */
export async function compact(
  request: CompactRequest,
  services: EngineServices,
  report: Report,
): Promise<CompactionPlan> {
  const { target, catalog, signal } = request;
  if (!supports(target, 'random'))
    throw new SysimageError('unsupported', `there are no layers to merge on ${target.traits.location}`, {
      operation: 'compact',
      remedy: 'Only images that are changed in place have layers.',
    });
  const held = await acquireLease(target, catalog.names, services, {
    wait: request.lockWait ?? 0,
    steal: request.stealLease,
    signal,
  });
  try {
    const found = await readCatalog(target, catalog.folder, services.hasher);
    // The longest backup is the one that was cut when it was the first: it must not have to begin again for this.
    await recover(target, found, services, report, { held, keepFirst: true });
    return await compactHeld({ target, folder: catalog.folder, held, signal }, services, report, 'everything');
  } finally {
    await held.release().catch((error: unknown) => services.log.write('lease-not-released', { error: String(error) }));
  }
}

export interface CompactionPlace {
  readonly target: Target;
  readonly folder: string;
  readonly held: Held;
  readonly signal: AbortSignal | undefined;
}

/** After a deletion: what goes wrong here is told, and ends nothing. */
export async function compactAfter(place: CompactionPlace, services: EngineServices, report: Report): Promise<void> {
  const tell = (why: string): void => report({ event: 'finding', finding: notCompactedFinding(why) });
  try {
    const { damaged } = await compactHeld(place, services, report, 'worthwhile');
    for (const { reason } of damaged) tell(reason);
  } catch (error) {
    tell(isSysimageError(error) ? error.message : String(error));
  }
}

/** Under the lease. Small merges first, so that large ones find room. */
async function compactHeld(
  place: CompactionPlace,
  services: EngineServices,
  report: Report,
  thrift: Thrift,
): Promise<CompactionPlan> {
  const { target, folder, signal } = place;
  const { hasher } = services;
  const catalog = await readCatalog(target, folder, hasher);
  const { merges, damaged } = await planCompaction(
    { target, catalog, ...(signal === undefined ? {} : { signal }) },
    services,
    thrift,
  );
  const planned = new Map(merges.map((merge) => [merge.layers[0], merge.size]));
  const candidates = mergeCandidates(catalog)
    .filter(({ layers }) => planned.has(layers[0]?.name))
    .toSorted((a, b) => (planned.get(a.layers[0]?.name) ?? 0) - (planned.get(b.layers[0]?.name) ?? 0));
  const done: Merge[] = [];
  const failed = [...damaged];
  for (const candidate of candidates) {
    try {
      const prepared = await prepareMerge(target, candidate, hasher);
      await mergeOne(place, catalog, prepared, services, report);
      done.push(describe(prepared));
    } catch (error) {
      if (!isSysimageError(error, 'corrupt')) throw error;
      failed.push({ layers: candidate.layers.map(({ name }) => name), reason: error.message });
    }
  }
  return { merges: done, freed: done.reduce((sum, { freed }) => sum + freed, 0), damaged: failed };
}

async function mergeOne(
  { target, folder, held, signal }: CompactionPlace,
  { names, compactions }: Catalog,
  merge: PreparedMerge,
  services: EngineServices,
  report: Report,
): Promise<void> {
  const { hasher, clock, random } = services;
  if (!supports(target, 'random')) throw new SysimageError('internal', 'layers on a target without random writes');
  await assertRoom(target, merge);
  const total = merge.size;
  let copied = 0;
  const onCopied = (bytes: number): void => {
    copied += bytes;
    report({ event: 'progress', phase: 'compact', disk: merge.disk.index, done: copied, total });
  };
  report({ event: 'phase', phase: 'compact', disk: merge.disk.index, total });
  const now = clock.now();
  const id = makeVersionId(now, random, newestId(compactions));
  const layer = await writeMerge({ target, names, merge, id, hasher, held, signal, onCopied });
  report({ event: 'progress', phase: 'compact', disk: merge.disk.index, done: total, total });
  const record: CompactionRecord = {
    format: 'sysimage-compaction/1',
    id,
    createdAt: now.toISOString(),
    key: merge.disk.key,
    image: merge.disk.image.name,
    layer,
    replaces: [...merge.layers],
  };
  const put: Target['put'] = (...call) => target.put(...call);
  held.assertHeld();
  await withBallast(target, names, () => putBytes(put, names.compaction(id), encodeStamped(record, hasher), hasher));
  await sweep(target, await readCatalog(target, folder, hasher), held);
}

function newestId(compactions: readonly CompactionRecord[]): string | undefined {
  return compactions
    .map(({ id }) => id)
    .toSorted()
    .at(-1);
}

/** Errors: `no-space`. To find that out by writing would leave no room to anybody else meanwhile. */
async function assertRoom(target: Target, { size }: PreparedMerge): Promise<void> {
  const { free } = (await target.facets.capacity?.read()) ?? {};
  if (free === undefined || free >= size) return;
  throw new SysimageError('no-space', `a merged layer needs ${size} bytes, and ${target.traits.location} has ${free}`, {
    operation: 'compact',
    remedy: 'Nothing was given up. Delete the oldest version, which frees its layer at once.',
  });
}

function isWorth({ freed, size }: PreparedMerge, thrift: Thrift): boolean {
  return freed > 0 && freed >= size * thrifts[thrift];
}

function describe({ layers, size, freed }: MergeCandidate & Pick<PreparedMerge, 'size' | 'freed'>): Merge {
  return { layers: layers.map(({ name }) => name), neededBy: layers[0]?.base ?? '', size, freed };
}

function notCompactedFinding(why: string): Finding {
  return {
    policy: 'target/not-compacted',
    severity: 'warn',
    outcome: 'violation',
    subject: 'target',
    message: `space that no version needs was not given back: ${why}`,
    remedy: 'Every version is as it was. "sysimage compact" tries again.',
  };
}
