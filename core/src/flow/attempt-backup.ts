import { isSysimageError, SysimageError } from '../contract/errors.js';
import { supports, type Held } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import { putBytes } from '../image/object-io.js';
import { encodeStamped } from '../image/stamped-json.js';
import type { Consistency } from '../model/disk-layout.js';
import type { Finding } from '../model/finding.js';
import type { BackupPlan } from '../model/plan.js';
import { makeVersionId } from '../model/version-id.js';
import { versionIdSchema, type ComputerRecord, type VersionRecord } from '../model/version-record.js';
import type { PreparedBackup } from '../plan/assemble-plan.js';
import { isSelected } from '../plan/selection.js';
import { backUpInPlace } from './back-up-in-place.js';
import { backUpSequentially } from './back-up-sequentially.js';
import type { BackupRequest } from './backup.js';
import type { EngineServices, Report } from './engine.js';
import { obstructedFinding } from './engine-findings.js';
import type { InspectedDisk } from './inspect-disk.js';
import { assertStill } from './inspected-disks.js';
import { inspectStart } from './inspect-start.js';
import type { RunContext } from './run-context.js';

/** All that was found out and decided for a run. */
export interface Attempt {
  readonly request: BackupRequest;
  readonly inspected: readonly InspectedDisk[];
  readonly catalog: Catalog;
  readonly prepared: PreparedBackup;
  readonly held: Held | undefined;
  readonly findings: readonly Finding[];
}

/** One run, from its first byte to its commit record. */
export async function attemptBackup(
  { request, inspected, catalog, prepared, held, findings }: Attempt,
  services: EngineServices,
  report: Report,
): Promise<VersionRecord> {
  const { target } = request;
  const startedAt = services.clock.now();
  const start = await inspectStart(inspected, services);
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
      consistency: worstConsistency(inspected),
      grainSize: 65_536,
      disks: [...disks],
      ...systemsOf(prepared.plan),
      ...start,
      findings: [...findings, ...extra],
    }),
  };
  const writesComputer = catalog.computer === undefined || request.takeOver === true;
  const computer = writesComputer ? computerRecord(request, services) : undefined;
  return write(context, computer);
}

function systemsOf({ systems }: BackupPlan): Pick<VersionRecord, 'systems'> {
  if (systems.length === 0) return {};
  return { systems: systems.map((system) => ({ ...system, needs: [...system.needs] })) };
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
      ).catch((error: unknown) => {
        if (!isSysimageError(error, 'already-exists')) throw error;
        context.report({ event: 'finding', finding: obstructedFinding(error) });
      });
    }
    return backUpInPlace(context, target);
  }
  return backUpSequentially(context, computer);
}

/** Errors: `no-space`. */
export function assertPossible({ plan: { strategy } }: PreparedBackup): void {
  if (strategy.kind !== 'impossible') return;
  throw new SysimageError('no-space', strategy.why, { operation: 'plan', remedy: strategy.remedies.join(' ') });
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
export function worstConsistency(inspected: readonly InspectedDisk[]): Consistency {
  const order: readonly Consistency[] = ['clean', 'frozen', 'crash', 'live'];
  const all = inspected.flatMap(({ layout }) =>
    layout.volumes.filter(isSelected).map((volume) => order.indexOf(volume.consistency)),
  );
  return order[Math.max(0, ...all)] ?? 'clean';
}
