import { deriveCapabilities, type BackupPlan, type PlanPart, type TargetTraits } from '@sysimage/core/plugin';

/** The same plan, where some parts of it are not known: what a rule that does not need them may look at. */
export function withoutParts(plan: BackupPlan, missing: ReadonlySet<PlanPart>): BackupPlan {
  const steps: Readonly<Record<PlanPart, (before: BackupPlan) => BackupPlan>> = {
    tables: withoutTables,
    contents: withoutContents,
    systems: (before) => ({ ...before, systems: [], unread: [] }),
    target: withoutTarget,
    versions: withoutVersions,
  };
  const isKnown = (...parts: readonly PlanPart[]): boolean => parts.every((part) => !missing.has(part));
  const left = [...missing].reduce((before, part) => steps[part](before), plan);
  return {
    ...left,
    // What was decided is known only where all of that is.
    ...(isKnown('contents', 'target', 'versions') ? {} : { strategy: { kind: 'in-place' }, replacement: 'keep' }),
    ...(isKnown('contents', 'versions') ? {} : { bytesNeeded: 0 }),
  };
}

type Disk = BackupPlan['disks'][number];
type Layout = Disk['layout'];
type Volume = Layout['volumes'][number];

function withDisks(plan: BackupPlan, change: (disk: Disk) => Disk): BackupPlan {
  return { ...plan, disks: plan.disks.map(change) };
}

function withoutTables(plan: BackupPlan): BackupPlan {
  return withDisks(plan, (disk) => {
    const { id: _, problems: __, ...layout } = disk.layout;
    return { ...disk, layout: { ...layout, scheme: 'none', problems: [] } };
  });
}

/** What file systems and a dynamic disk say shows only when they are read, and so does what is wrong with the tables. */
function withoutContents(plan: BackupPlan): BackupPlan {
  return withDisks(plan, (disk) => {
    const { dynamic: _, volumes, ...layout } = disk.layout;
    const { size } = layout;
    const sizes = { bytesToRead: size, bytesNeeded: size, imageBytes: size, incremental: false };
    return { ...disk, ...sizes, layout: { ...layout, volumes: volumes.map(unread), problems: [] } };
  });
}

/** Whether it was closed in order, and what is in use, shows only when it is read. */
function unread({ partition, start, size, fileSystem, label, id, mountPoint, ...read }: Volume): Volume {
  const isLive = read.consistency === 'live';
  return {
    partition,
    start,
    size,
    fileSystem,
    label,
    id,
    mountPoint,
    consistency: isLive ? 'live' : 'clean',
    consistencyReason: isLive ? read.consistencyReason : undefined,
    ...(read.snapshotUnknown === undefined ? {} : { snapshotUnknown: read.snapshotUnknown }),
    copied: read.copied === 'none' ? 'none' : 'whole',
    usedBytes: size,
  };
}

/** Where it lies is known all the same. */
function withoutTarget(plan: BackupPlan): BackupPlan {
  const { identity, location, medium, physicalDisks, physicalDisksUnknown, fileSystemsBelow } = plan.target.traits;
  const traits: TargetTraits = {
    identity,
    location,
    medium,
    ...(physicalDisks === undefined ? {} : { physicalDisks }),
    ...(physicalDisksUnknown === undefined ? {} : { physicalDisksUnknown }),
    ...(fileSystemsBelow === undefined ? {} : { fileSystemsBelow }),
    writeOnce: false,
    singleVersion: false,
    transport: 'local',
  };
  const capabilities = deriveCapabilities({ traits, facets: {} });
  return { ...plan, target: { ...plan.target, traits, capabilities, free: undefined, total: undefined } };
}

function withoutVersions(plan: BackupPlan): BackupPlan {
  const { within } = plan.target.verified;
  const nothing = { versions: 0, openRuns: 0, newest: undefined, earlierNames: [] };
  const target = { ...plan.target, ...nothing, verified: { daysAgo: undefined, daysOfOldest: 0, within } };
  const before = { before: undefined, incremental: false };
  return { ...withDisks(plan, (disk) => ({ ...disk, ...before })), target };
}
