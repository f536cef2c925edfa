import type { Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import { parseLayerName } from '../image/names.js';
import { findUnneeded } from '../image/sweep.js';
import type { VersionRecord } from '../model/version-record.js';
import { chooseRetained, type KeptVersion, type RetentionRules } from '../plan/retention.js';
import { planCompaction, type Merge } from './compact.js';
import { deleteVersions } from './delete-versions.js';
import type { EngineServices, Report } from './engine.js';
import type { StealLease } from './lease.js';

/** What a pruning would do. */
export interface PrunePlan {
  /** Oldest first. */
  readonly keep: readonly KeptVersion[];
  readonly remove: readonly VersionRecord[];
  /** Bytes of objects that go at once. */
  readonly freed: number;
  /** What lies between versions that stay: an older one is read through it, so it goes with that. */
  readonly held: readonly HeldLayer[];
  /** Of what lies between versions that stay, the layers that become one afterwards, because that frees enough. */
  readonly merges: readonly Merge[];
  /** Bytes that these free. */
  readonly freedByMerges: number;
}

export interface HeldLayer {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** The version that goes, whose bytes it has. */
  readonly of: string;
  /** The newest version that is read through it. */
  readonly neededBy: string;
}

export interface PruneRequest {
  readonly target: Target;
  readonly catalog: Catalog;
  readonly rules: RetentionRules;
  /** Milliseconds to wait for a backup that is going on. */
  readonly lockWait?: number;
  /** Asked whether the lease of a backup that goes on, or seems to, is taken away. Absent: it is not. */
  readonly stealLease?: StealLease;
  readonly signal?: AbortSignal;
}

/** Decides what goes, and what that frees. Writes nothing. Versions whose records cannot be read are nobody's to choose from: they stay. */
export async function planPrune(
  { target, catalog, rules, signal }: PruneRequest,
  services: Pick<EngineServices, 'hasher'>,
): Promise<PrunePlan> {
  const { keep, remove } = chooseRetained(catalog.versions, rules);
  const left: Catalog = { ...catalog, versions: keep.map(({ version }) => version) };
  const unneeded = await findUnneeded(target, left);
  const records = await Promise.all(remove.map(({ id }) => target.stat(catalog.names.version(id))));
  const freed = [...unneeded, ...records].reduce((sum, stat) => sum + (stat?.size ?? 0), 0);
  const cancel = signal === undefined ? {} : { signal };
  const { merges, freed: freedByMerges } = await planCompaction(
    { target, catalog: left, ...cancel },
    services,
    'worthwhile',
  );
  const gone = new Set<string>([...unneeded.map(({ name }) => name), ...merges.flatMap(({ layers }) => layers)]);
  return { keep, remove, freed, held: heldLayers(left, remove, gone), merges, freedByMerges };
}

/**
 * Deletes the versions that no rule keeps. The newest of every image is always kept, so no image is taken back. Errors: as of
 * `deleteVersions`.
 */
export async function prune(
  request: PruneRequest,
  plan: PrunePlan,
  services: EngineServices,
  report: Report,
): Promise<void> {
  if (plan.remove.length === 0) return;
  const { rules: _, ...where } = request;
  await deleteVersions(
    {
      ...where,
      versions: plan.remove.map(({ id }) => id),
      rollBack: false,
      staying: plan.keep.map(({ version }) => version.id),
    },
    services,
    report,
  );
}

function heldLayers(left: Catalog, removed: readonly VersionRecord[], gone: ReadonlySet<string>): readonly HeldLayer[] {
  const layers = new Map(
    left.versions.flatMap(({ disks }) =>
      disks.flatMap(({ image, layers: listed }) => listed.map(({ name, size }) => [name, { size, image: image.name }])),
    ),
  );
  const held: HeldLayer[] = [];
  for (const [name, { size, image }] of layers) {
    const base = parseLayerName(name)?.base;
    if (base === undefined || gone.has(name) || !removed.some(({ id }) => id === base)) continue;
    const neededBy = left.versions.findLast(
      ({ id, disks }) => id < base && disks.some((disk) => disk.image.name === image),
    )?.id;
    if (neededBy !== undefined) held.push({ name, size, of: base, neededBy });
  }
  return held;
}
