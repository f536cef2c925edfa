import { isSysimageError } from '../contract/errors.js';
import type { Policy, Severity } from '../contract/policy.js';
import { snapshotOperation } from '../contract/snapshot.js';
import type { Held, Target } from '../contract/target.js';
import { readCatalog, type Catalog } from '../image/catalog.js';
import { computerFolder, computerNames } from '../image/names.js';
import { sweep } from '../image/sweep.js';
import type { Finding } from '../model/finding.js';
import type { BackupPlan, JobWatch } from '../model/plan.js';
import type { VersionRecord } from '../model/version-record.js';
import type { PlanSettings } from '../plan/assemble-plan.js';
import { isGood, standsFor } from '../plan/good-version.js';
import { assertNotBlocked, review } from '../plan/review.js';
import { assertPossible, attemptBackup, worstConsistency, type Attempt } from './attempt-backup.js';
import { keepBallast } from './ballast.js';
import { checkReceipts } from './check-receipts.js';
import type { EngineServices, Report } from './engine.js';
import { lostFindings } from './engine-findings.js';
import { evictAfter, limitShadow } from './evict.js';
import type { InspectedDisk } from './inspect-disk.js';
import { assertStill, neededBy, withInspected, withSnapshots } from './inspected-disks.js';
import { inspectSystems } from './inspect-systems.js';
import { acquireLease, type StealLease } from './lease.js';
import { recover } from './recover.js';
import { planBackup } from './plan-backup.js';
import { planSettings } from './plan-settings.js';
import { tidySnapshots } from './take-snapshots.js';

export interface BackupRequest {
  /** Paths of whole disks or image files. */
  readonly disks: readonly string[];
  readonly target: Target;
  readonly computer: string;
  /** Name and version of the program, for the record. */
  readonly tool: string;
  readonly policies: readonly Policy[];
  readonly severities?: Readonly<Record<string, Severity>>;
  /** Volumes to take; none named: all. See `selectVolumes`. */
  readonly include?: readonly string[];
  /** Volumes to leave out. */
  readonly exclude?: readonly string[];
  /** Content of clean NTFS volumes to leave out: `pagefile`, `swapfile`, `hiberfil`, `shadow-copies`. */
  readonly leaveOut?: readonly string[];
  /** How volumes that are mounted for writing are read: `auto` (the default), `none`, or the name of a provider of snapshots. */
  readonly snapshot?: string;
  /** Milliseconds for which whoever writes to a volume may be held up; default 60 000. */
  readonly freezeLimit?: number;
  /** Take a volume that is mounted for writing and of which there is no snapshot. */
  readonly allowLive?: boolean;
  /** Take a system without volumes that it needs. */
  readonly allowIncomplete?: boolean;
  /** Take all space outside partitions, however large. */
  readonly gaps?: boolean;
  /** Go on in the folder of another machine of the same name. */
  readonly takeOver?: boolean;
  /** When a version of this computer on this target was last found whole, ISO 8601; for the rules. */
  readonly lastVerified?: string;
  /** Days that there may be between two verifications, for the rules. Default 35. */
  readonly verifyWithin?: number;
  /** Who watches over the job that this is; for the rules. */
  readonly watch?: JobWatch;
  /** Read what images hold before it is believed, also where nobody seems to have touched them: damage is mended. */
  readonly checkImages?: boolean;
  /** Give up the oldest versions when the target is full; default true. Never the last good one of a disk. */
  readonly evict?: boolean;
  /** Give up the oldest versions while shadow storage takes more than so many bytes. */
  readonly maxShadow?: number;
  /** Milliseconds to wait for another backup. */
  readonly lockWait?: number;
  /** Asked whether the lease of a backup that goes on, or seems to, is taken away. Absent: it is not. */
  readonly stealLease?: StealLease;
  readonly signal?: AbortSignal;
}

export interface BackupResult {
  readonly version: VersionRecord;
  readonly findings: readonly Finding[];
}

/**
 * Backs up whole disks as one version:
 *
 * 1. look at disks and target, decide, let the policies judge: nothing is written;
 * 2. take the lease, take back what an earlier run left unfinished;
 * 3. take snapshots of volumes in use, and plan again with what they hold;
 * 4. write, as the strategy of the plan says, up to the commit record; let the snapshots go;
 * 5. single version: let the older ones go.
 *
 * Errors: whatever stops it leaves every older version as it was.
 */
export async function backup(request: BackupRequest, services: EngineServices, report: Report): Promise<BackupResult> {
  await tidySnapshots(services, (finding) => report({ event: 'finding', finding }));
  try {
    return await withInspected(request, neededBy(request.target), services, (inspected) =>
      backUpInspected(request, inspected, services, report),
    );
  } catch (error) {
    const isGone = isSysimageError(error, 'busy') && error.operation === snapshotOperation;
    if (!isGone || request.allowLive !== true || request.snapshot === 'none') throw error;
    // Without its snapshot a volume is live, and that is wanted rather than no version.
    services.log.write('snapshot-lost', { error: error.message });
    return backup({ ...request, snapshot: 'none' }, services, report);
  }
}

export interface PlanResult {
  readonly plan: BackupPlan;
  readonly findings: readonly Finding[];
}

/** What a backup would do, and what the policies say of it. Writes nothing; blocks and lack of room are told, not thrown. */
export async function planOnly(request: BackupRequest, services: EngineServices): Promise<PlanResult> {
  return withInspected(request, neededBy(request.target), services, async (inspected) => {
    const folder = computerFolder(request.computer, services.hasher);
    const catalog = await readCatalog(request.target, folder, services.hasher);
    const { plan } = await planBackup(
      inspected,
      request.target,
      catalog,
      await settingsOf(request, inspected, services),
      services.hasher,
    );
    const { lost } = await checkReceipts(request.target, catalog, services.hasher);
    const judged = review(plan, request.policies, { severities: request.severities ?? {} });
    return { plan, findings: [...judged, ...lostFindings([...catalog.lost, ...lost])] };
  });
}

async function settingsOf(
  request: BackupRequest,
  inspected: readonly InspectedDisk[],
  { clock, machine: { machineId } }: EngineServices,
): Promise<PlanSettings> {
  return planSettings(request, await inspectSystems(inspected), { now: clock.now(), machineId });
}

async function backUpInspected(
  request: BackupRequest,
  inspected: readonly InspectedDisk[],
  services: EngineServices,
  report: Report,
): Promise<BackupResult> {
  const { target } = request;
  const { hasher } = services;
  const settings = await settingsOf(request, inspected, services);
  const folder = computerFolder(request.computer, hasher);
  let catalog = await readCatalog(target, folder, hasher);
  let prepared = await planBackup(inspected, target, catalog, settings, hasher);
  hasher.expect?.(prepared.allocations.reduce((sum, { allocated }) => sum + allocated.size, 0));
  const told: Finding[] = [];
  const tell = (finding: Finding): void => {
    told.push(finding);
    report({ event: 'finding', finding });
  };
  /** What the policies say of the plan that is followed. */
  let judged: readonly Finding[] = [];
  const judge = ({ tellPlan = true } = {}): void => {
    const before = judged;
    if (tellPlan) report({ event: 'plan', plan: prepared.plan });
    judged = review(prepared.plan, request.policies, { severities: request.severities ?? {} });
    for (const finding of judged)
      if (!before.some((other) => isSame(other, finding))) report({ event: 'finding', finding });
    assertNotBlocked(judged);
    assertPossible(prepared);
  };
  // What an unfinished run takes of the target's room is free again when it was taken back.
  const isUnfinished = catalog.openRuns.length > 0 && !target.traits.writeOnce;
  if (!isUnfinished) judge();

  const held = target.traits.writeOnce ? undefined : await lease(request, folder, services);
  try {
    const keepFirst = prepared.plan.strategy.kind !== 'sequential';
    catalog = await recover(target, await readCatalog(target, folder, hasher), services, report, {
      held,
      keepFirst,
    });
    await assertStill(inspected, request, services);
    prepared = await planBackup(inspected, target, catalog, settings, hasher);
    if (isUnfinished) judge();
    const { lost } = await checkReceipts(target, catalog, hasher);
    for (const finding of lostFindings([...catalog.lost, ...lost])) tell(finding);
    const { signal } = request;
    const place = held === undefined ? undefined : { target, folder, held, services, tell, signal };
    await keepBallast(target, catalog.names, prepared.plan.bytesNeeded, services);
    let committed = 0;
    const version = await withSnapshots(inspected, request, neededBy(target), { services, tell }, async (taken) => {
      if (taken !== inspected) {
        prepared = await planBackup(taken, target, catalog, settings, hasher);
        // The plan was told as it would be with these snapshots; what they hold may say more.
        judge({ tellPlan: false });
      }
      for (;;) {
        const findings = [...judged, ...told];
        const now: Attempt = { request, inspected: taken, catalog, prepared, held, findings };
        assertPossible(prepared);
        try {
          const made = await attemptBackup(now, services, report);
          committed = told.length;
          return made;
        } catch (error) {
          // What was taken from volumes in use must not cost a better version.
          const mayEvict = request.evict !== false && worstConsistency(taken) !== 'live' && place !== undefined;
          const left = mayEvict ? await evictAfter(error, place) : undefined;
          if (left === undefined) throw error;
          catalog = left;
          prepared = await planBackup(taken, target, catalog, settings, hasher);
          // With fewer versions there, rules may say something else.
          judge();
        }
      }
    });
    // Maps of a first backup that was gone on with are replaced by this run's.
    if (catalog.openRuns.length > 0) await sweep(target, await readCatalog(target, folder, hasher), held);
    if (prepared.plan.replacement !== 'keep' && isGood(version))
      await removeOlder(target, catalog, held, version, services);
    if (request.maxShadow !== undefined && place !== undefined && isGood(version))
      await limitShadow(request.maxShadow, place);
    return { version, findings: [...version.findings, ...told.slice(committed)] };
  } finally {
    // A lease that cannot be removed is void as soon as this process is gone; the outcome of the run is what counts.
    await held?.release().catch((error: unknown) => services.log.write('lease-not-released', { error: String(error) }));
  }
}

/**
 * Single version: the new one is complete, so those that it stands for go: record first, then what only they needed. What holds another
 * disk, or a volume that was left out now, is the only copy of it.
 */
async function removeOlder(
  target: Target,
  catalog: Catalog,
  held: Held | undefined,
  newest: VersionRecord,
  { hasher }: EngineServices,
): Promise<void> {
  const isReplaced = ({ disks }: VersionRecord): boolean =>
    disks.every((disk) => newest.disks.some((newer) => standsFor(newer, disk)));
  for (const version of catalog.versions.filter(isReplaced)) {
    held?.assertHeld();
    await target.remove(catalog.names.version(version.id));
  }
  const after = await readCatalog(target, catalog.folder, hasher);
  if (after.versions.some(({ id }) => id === newest.id)) await sweep(target, after, held);
}

function isSame(a: Finding, b: Finding): boolean {
  return a.policy === b.policy && a.subject === b.subject && a.message === b.message && a.outcome === b.outcome;
}

async function lease(request: BackupRequest, folder: string, services: EngineServices): Promise<Held> {
  return acquireLease(request.target, computerNames(folder), services, {
    wait: request.lockWait ?? 0,
    steal: request.stealLease,
    signal: request.signal,
  });
}
