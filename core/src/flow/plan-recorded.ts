import type { ExtentSet } from '@sysimage/extents';
import { deriveCapabilities } from '../contract/capabilities.js';
import { SysimageError } from '../contract/errors.js';
import type { PlanPart } from '../contract/policy.js';
import type { Hasher } from '../contract/services.js';
import type { DiskSummary } from '../contract/source.js';
import type { TargetTraits } from '../contract/target.js';
import { computerFolder } from '../image/names.js';
import type { CatalogFacts } from '../model/catalog-facts.js';
import type { DiskFacts } from '../model/disk-facts.js';
import type { Finding } from '../model/finding.js';
import type { PlanningFacts } from '../model/planning-facts.js';
import type { BackupPlan } from '../model/plan.js';
import { readRuns } from '../model/recorded-runs.js';
import type { ComputerFacts, TargetFacts } from '../model/target-facts.js';
import { assemblePlan, type PlannableTarget } from '../plan/assemble-plan.js';
import { knownDisk } from './disk-facts.js';
import { lostFindings } from './engine-findings.js';
import type { InspectedDisk } from './inspect-disk.js';
import { withTaken } from './inspect-systems.js';
import { inspectKnown, neededBy, type InspectionRequest, type KnownDisk } from './inspected-disks.js';
import { wantedProviders } from './offer-snapshots.js';
import { planSettings, type PlanRequest } from './plan-settings.js';
import { recordedSnapshots } from './recorded-snapshots.js';
import { systemsAmong } from './recorded-systems.js';
import { seenInInventory } from './seen-in-inventory.js';

/** A machine that somebody wrote down. */
export interface RecordedMachine {
  readonly recordedAt: Date;
  readonly machineId: string | undefined;
  readonly inventory: readonly DiskSummary[];
  /** Absent of a record that holds the inventory only. */
  readonly facts: PlanningFacts | undefined;
}

export interface RecordedRequest extends InspectionRequest, Omit<PlanRequest, 'lastVerified'> {
  /** The target, by the name or URL that it was recorded by. */
  readonly to: string;
  /** Where it lies, as far as that can be told of one that was not recorded. */
  readonly place: Pick<
    TargetTraits,
    'location' | 'medium' | 'physicalDisks' | 'physicalDisksUnknown' | 'fileSystemsBelow'
  >;
}

export interface RecordedPlan {
  readonly plan: BackupPlan;
  /** What of it is not known, with the reason, and stands there as nothing. */
  readonly missing: ReadonlyMap<PlanPart, string>;
  /** Of versions that were lost already. */
  readonly lost: readonly Finding[];
}

/**
 * The plan of a backup on a recorded machine, at the moment when it was recorded. It is made by what plans all others. Errors: `not-found` for
 * a disk that was not recorded; as of any plan.
 */
export async function planRecorded(
  request: RecordedRequest,
  machine: RecordedMachine,
  hasher: Hasher,
): Promise<RecordedPlan> {
  const { facts, machineId } = machine;
  const missing = new Map<PlanPart, string>();
  const known = request.disks.map((path) => diskOf(path, machine, missing));
  const recorded =
    facts !== undefined && Object.hasOwn(facts.targets, request.to) ? facts.targets[request.to] : undefined;
  const computer = recorded?.computers.find(
    ({ name }) => computerFolder(name, hasher) === computerFolder(request.computer, hasher),
  );
  if (recorded === undefined) missing.set('target', `the target ${request.to} was not recorded`);
  if (computer === undefined)
    missing.set('versions', `what ${request.to} holds of ${request.computer} was not recorded`);
  if (facts?.systems === undefined || missing.has('contents'))
    missing.set('systems', 'which systems are on these disks was not recorded');
  const target = targetOf(request.place, recorded, computer, machineId);
  const providers = wantedProviders(request, recordedSnapshots(facts?.disks ?? [], request.snapshot));
  const inspected = (await inspectKnown(known, request, neededBy(target), providers)).map((disk) =>
    request.snapshot === 'none' ? disk : withUnknownSnapshots(disk, facts?.disks ?? []),
  );
  const systems = withTaken(systemsAmong(facts ?? {}, request.disks), inspected);
  const verified = computer?.verifiedAt === undefined ? {} : { lastVerified: computer.verifiedAt };
  const settings = planSettings({ ...request, ...verified }, systems, { now: machine.recordedAt, machineId });
  const lost = lostFindings(target.catalog.lost.map(({ id }) => ({ id, reason: 'its record could not be read' })));
  return { plan: assemblePlan(inspected, target, settings, hasher).plan, missing, lost };
}

function diskOf(path: string, { facts, inventory }: RecordedMachine, missing: Map<PlanPart, string>): KnownDisk {
  const recorded = facts?.disks.find((disk) => disk.path === path);
  if (recorded !== undefined) return knownDisk(recorded);
  const summary = inventory.find((disk) => disk.path === path);
  if (summary === undefined) {
    const all = new Set([...inventory, ...(facts?.disks ?? [])].map((disk) => disk.path));
    throw new SysimageError('not-found', `the recorded machine shows no disk ${path}`, {
      operation: 'plan',
      remedy: `It shows: ${[...all].join(', ')}`,
    });
  }
  missing.set('contents', `what lies on ${path} was not recorded`);
  if (summary.table === undefined) missing.set('tables', `the partition table of ${path} was not recorded`);
  return seenInInventory(summary);
}

/** Of volumes in use of which nobody wrote down what would be offered for them, it is not known that they cannot be read at one instant. */
function withUnknownSnapshots(disk: InspectedDisk, recorded: readonly DiskFacts[]): InspectedDisk {
  const offers = recorded.find(({ path }) => path === disk.source.path)?.snapshots ?? [];
  const isKnown = (partition: number): boolean => offers.some((each) => each.partition === partition);
  const volumes = disk.layout.volumes.map((volume) =>
    volume.consistency !== 'live' || isKnown(volume.partition) ? volume : { ...volume, snapshotUnknown: true },
  );
  return { ...disk, layout: { ...disk.layout, volumes } };
}

function targetOf(
  place: RecordedRequest['place'],
  recorded: TargetFacts | undefined,
  computer: ComputerFacts | undefined,
  machineId: string | undefined,
): PlannableTarget {
  const { traits = unknownTraits(place), facets = [], free, total } = recorded ?? {};
  const catalog = computer ?? { versions: [], lost: [], openRuns: 0 };
  return {
    traits,
    capabilities: deriveCapabilities({ traits, facets: Object.fromEntries(facets.map((name) => [name, true])) }),
    free,
    total,
    catalog,
    allocations: allocationsIn(catalog),
    earlierNames: computer === undefined ? [] : earlierNames(computer, recorded?.computers ?? [], machineId),
  };
}

/** As of a target that is there; see `readEarlierNames`. */
function earlierNames(
  computer: ComputerFacts,
  computers: readonly ComputerFacts[],
  machineId: string | undefined,
): readonly string[] {
  const hasAny = ({ versions, lost }: ComputerFacts): boolean => versions.length + lost.length > 0;
  if (hasAny(computer) || machineId === undefined) return [];
  const same = computers.filter((other) => other !== computer && other.owner?.machineId === machineId && hasAny(other));
  return same.map(({ owner, name }) => owner?.name ?? name);
}

function unknownTraits(place: RecordedRequest['place']): TargetTraits {
  const identity = `place:${place.location}`;
  return { identity, writeOnce: false, singleVersion: false, transport: 'local', ...place };
}

function allocationsIn({ versions }: CatalogFacts): ReadonlyMap<string, ExtentSet> {
  return new Map(
    versions.flatMap(({ disks }) =>
      disks.flatMap(({ key, layout, image, allocation }) =>
        image.kind !== 'in-place' || allocation === undefined
          ? []
          : [[key, readRuns(allocation, layout.size)] as const],
      ),
    ),
  );
}
