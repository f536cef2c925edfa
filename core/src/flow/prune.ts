import type { Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import type { VersionRecord } from '../model/version-record.js';
import { chooseRetained, type KeptVersion, type RetentionRules } from '../plan/retention.js';
import { checkReceipts } from './check-receipts.js';
import { deleteVersions } from './delete-versions.js';
import type { EngineServices, Report } from './engine.js';
import type { StealLease } from './lease.js';
import { planRemoval, type RemovalPlan } from './plan-removal.js';

/** What a pruning would do. */
export interface PrunePlan extends RemovalPlan {
  /** Oldest first. */
  readonly keep: readonly KeptVersion[];
  readonly remove: readonly VersionRecord[];
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

/**
 * Decides what goes, and what that frees. Writes nothing. Versions whose records cannot be read, or that need what is not there, are nobody's
 * to choose from: they stay.
 */
export async function planPrune(request: PruneRequest, services: Pick<EngineServices, 'hasher'>): Promise<PrunePlan> {
  const { target, catalog, rules, signal } = request;
  const { lost } = await checkReceipts(target, catalog, services.hasher, signal === undefined ? {} : { signal });
  const { keep, remove } = chooseRetained(catalog.versions, rules, new Set(lost.map(({ id }) => id)));
  return { keep, remove, ...(await planRemoval(request, new Set(remove.map(({ id }) => id)), services)) };
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
