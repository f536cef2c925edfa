import { SysimageError } from '../contract/errors.js';
import type { Policy, Severity } from '../contract/policy.js';
import { supports, type Held, type Target } from '../contract/target.js';
import { readCatalog, type Catalog } from '../image/catalog.js';
import { computerFolder, computerNames } from '../image/names.js';
import { putBytes } from '../image/object-io.js';
import { encodeStamped } from '../image/stamped-json.js';
import { sweep } from '../image/sweep.js';
import type { Consistency } from '../model/disk-layout.js';
import type { Finding } from '../model/finding.js';
import type { BackupPlan } from '../model/plan.js';
import { makeVersionId } from '../model/version-id.js';
import { versionIdSchema, type ComputerRecord, type VersionRecord } from '../model/version-record.js';
import { isGood } from '../plan/good-version.js';
import { assertNotBlocked, review } from '../plan/review.js';
import { isSelected } from '../plan/selection.js';
import { backUpInPlace } from './back-up-in-place.js';
import { backUpSequentially } from './back-up-sequentially.js';
import type { EngineServices, Report } from './engine.js';
import type { InspectedDisk } from './inspect-disk.js';
import { assertStill, withInspected } from './inspected-disks.js';
import { acquireLease, type StealLease } from './lease.js';
import { recover } from './recover.js';
import { planBackup, type PlanSettings, type PreparedBackup } from './plan-backup.js';
import type { RunContext } from './run-context.js';

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
  /** Take a volume that is mounted for writing. */
  readonly allowLive?: boolean;
  /** Take all space outside partitions, however large. */
  readonly gaps?: boolean;
  /** Go on in the folder of another machine of the same name. */
  readonly takeOver?: boolean;
  /** When a version of this computer on this target was last found whole, ISO 8601; for the rules. */
  readonly lastVerified?: string;
  /** Days that there may be between two verifications, for the rules. Default 35. */
  readonly verifyWithin?: number;
  /** Read what images hold before it is believed, also where nobody seems to have touched them: damage is mended. */
  readonly checkImages?: boolean;
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
 * 3. write, as the strategy of the plan says, up to the commit record;
 * 4. single version: let the older ones go.
 *
 * Errors: whatever stops it leaves every older version as it was.
 */
export async function backup(request: BackupRequest, services: EngineServices, report: Report): Promise<BackupResult> {
  return withInspected(request, services, (inspected) => backUpInspected(request, inspected, services, report));
}

export interface PlanResult {
  readonly plan: BackupPlan;
  readonly findings: readonly Finding[];
}

/** What a backup would do, and what the policies say of it. Writes nothing; blocks and lack of room are told, not thrown. */
export async function planOnly(request: BackupRequest, services: EngineServices): Promise<PlanResult> {
  return withInspected(request, services, async (inspected) => {
    const folder = computerFolder(request.computer, services.hasher);
    const catalog = await readCatalog(request.target, folder, services.hasher);
    assertSameMachine(request, catalog, services);
    const { plan } = await planBackup(
      inspected,
      request.target,
      catalog,
      settingsOf(request, services),
      services.hasher,
    );
    return { plan, findings: review(plan, request.policies, { severities: request.severities ?? {} }) };
  });
}

function settingsOf(request: BackupRequest, { clock }: EngineServices): PlanSettings {
  const { computer, allowLive = false, gaps = false, lastVerified, verifyWithin = 35 } = request;
  return { computer, allowLive, gaps, now: clock.now(), lastVerified, verifyWithin };
}

async function backUpInspected(
  request: BackupRequest,
  inspected: readonly InspectedDisk[],
  services: EngineServices,
  report: Report,
): Promise<BackupResult> {
  const { target } = request;
  const { hasher } = services;
  const settings = settingsOf(request, services);
  const folder = computerFolder(request.computer, hasher);
  let catalog = await readCatalog(target, folder, hasher);
  assertSameMachine(request, catalog, services);
  let prepared = await planBackup(inspected, target, catalog, settings, hasher);
  const findings: Finding[] = [];
  const judge = (): void => {
    report({ event: 'plan', plan: prepared.plan });
    findings.push(...review(prepared.plan, request.policies, { severities: request.severities ?? {} }));
    for (const finding of findings) report({ event: 'finding', finding });
    assertNotBlocked(findings);
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
    assertSameMachine(request, catalog, services);
    await assertStill(inspected, request, services);
    prepared = await planBackup(inspected, target, catalog, settings, hasher);
    if (isUnfinished) judge();
    else assertPossible(prepared);
    const startedAt = services.clock.now();
    const run = makeVersionId(startedAt, services.random, newestId(catalog));
    const context: RunContext = {
      target,
      catalog,
      run,
      startedAt: startedAt.toISOString(),
      inspected,
      prepared,
      held,
      services,
      report,
      signal: request.signal,
      checkImages: request.checkImages === true,
      assertStill: () => assertStill(inspected, request, services),
      record: (disks, extra) => ({
        format: 'sysimage-version/1',
        id: run,
        computer: request.computer,
        machineId: services.machine.machineId,
        createdAt: startedAt.toISOString(),
        finishedAt: services.clock.now().toISOString(),
        tool: request.tool,
        consistency: worst(inspected),
        grainSize: 65_536,
        disks: [...disks],
        findings: [...findings, ...extra],
      }),
    };
    const writesComputer = catalog.computer === undefined || request.takeOver === true;
    const computer = writesComputer ? computerRecord(request, services) : undefined;
    const version = await write(context, computer);
    // Maps of a first backup that was gone on with are replaced by this run's.
    if (catalog.openRuns.length > 0) await sweep(target, await readCatalog(target, folder, hasher), held);
    if (prepared.plan.replacement !== 'keep' && isGood(version)) await removeOlder(context, version);
    return { version, findings: version.findings };
  } finally {
    // A lease that cannot be removed is void as soon as this process is gone; the outcome of the run is what counts.
    await held?.release().catch((error: unknown) => services.log.write('lease-not-released', { error: String(error) }));
  }
}

async function write(context: RunContext, computer: ComputerRecord | undefined): Promise<VersionRecord> {
  const { target, services, catalog, prepared } = context;
  if (prepared.plan.strategy.kind === 'in-place') {
    if (!supports(target, 'random')) throw new SysimageError('internal', 'in place needs random writes');
    if (computer !== undefined) {
      await putBytes(
        (...call) => target.put(...call),
        catalog.names.computer,
        encodeStamped(computer, services.hasher),
        services.hasher,
      );
    }
    return backUpInPlace(context, target);
  }
  return backUpSequentially(context, computer);
}

/** Single version: the new one is complete, so the older ones go: record first, then what only they needed. */
async function removeOlder({ target, catalog, held, services }: RunContext, newest: VersionRecord): Promise<void> {
  for (const version of catalog.versions) {
    held?.assertHeld();
    await target.remove(catalog.names.version(version.id));
  }
  const after = await readCatalog(target, catalog.folder, services.hasher);
  if (after.versions.some(({ id }) => id === newest.id)) await sweep(target, after, held);
}

function assertSameMachine(request: BackupRequest, catalog: Catalog, { machine }: EngineServices): void {
  const owner = catalog.computer?.machineId;
  // A machine without an id is not the one whose id stands there.
  if (owner === undefined || owner === machine.machineId) return;
  if (request.takeOver === true) return;
  throw new SysimageError(
    'already-exists',
    `${request.target.traits.location} already holds images of another computer called ${catalog.computer?.name}`,
    {
      operation: 'backup',
      context: { computer: request.computer },
      remedy: 'Give this computer another name with --computer, or go on in that folder with --take-over.',
    },
  );
}

function assertPossible({ plan: { strategy } }: PreparedBackup): void {
  if (strategy.kind !== 'impossible') return;
  throw new SysimageError('no-space', strategy.why, { operation: 'plan', remedy: strategy.remedies.join(' ') });
}

async function lease(request: BackupRequest, folder: string, services: EngineServices): Promise<Held> {
  return acquireLease(request.target, computerNames(folder), services, {
    wait: request.lockWait ?? 0,
    steal: request.stealLease,
    signal: request.signal,
  });
}

function computerRecord(request: BackupRequest, { machine, clock }: EngineServices): ComputerRecord {
  return {
    format: 'sysimage-computer/1',
    name: request.computer,
    machineId: machine.machineId,
    createdAt: clock.now().toISOString(),
  };
}

function newestId(catalog: Catalog): string | undefined {
  const ids = [...catalog.versions, ...catalog.lost].map(({ id }) => id);
  // A file that somebody put there under another name is no version.
  return [...ids, ...catalog.staleRuns]
    .filter((id) => versionIdSchema.safeParse(id).success)
    .toSorted()
    .at(-1);
}

/** A version is worth what its weakest volume is worth. */
function worst(inspected: readonly InspectedDisk[]): Consistency {
  const order: readonly Consistency[] = ['clean', 'frozen', 'crash', 'live'];
  const all = inspected.flatMap(({ layout }) =>
    layout.volumes.filter(isSelected).map((volume) => order.indexOf(volume.consistency)),
  );
  return order[Math.max(0, ...all)] ?? 'clean';
}
