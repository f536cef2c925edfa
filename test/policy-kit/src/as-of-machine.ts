import { deriveCapabilities, type BackupPlan, type TargetTraits } from '@sysimage/core/plugin';

/** The same plan, where nothing is known but a recorded machine: what rules that are `ofMachine` may look at. */
export function asOfMachine(plan: BackupPlan): BackupPlan {
  const { identity, location, medium, physicalDisks, physicalDisksUnknown, fileSystemsBelow } = plan.target.traits;
  const traits: TargetTraits = {
    identity,
    location,
    medium,
    writeOnce: false,
    singleVersion: false,
    transport: 'local',
    ...(physicalDisks === undefined ? {} : { physicalDisks }),
    ...(physicalDisksUnknown === undefined ? {} : { physicalDisksUnknown }),
    ...(fileSystemsBelow === undefined ? {} : { fileSystemsBelow }),
  };
  return {
    ...plan,
    target: {
      traits,
      capabilities: deriveCapabilities({ traits, facets: {} }),
      free: undefined,
      total: undefined,
      versions: 0,
      verified: { daysAgo: undefined, daysOfOldest: 0, within: 0 },
    },
    disks: plan.disks.map((disk) => ({
      ...disk,
      layout: { ...disk.layout, problems: [], volumes: disk.layout.volumes.map(unread) },
      incremental: false,
      bytesToRead: disk.layout.size,
      bytesNeeded: disk.layout.size,
    })),
    strategy: { kind: 'in-place' },
    replacement: 'keep',
    bytesNeeded: 0,
  };
}

type Volume = BackupPlan['disks'][number]['layout']['volumes'][number];

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
    copied: read.copied === 'none' ? 'none' : 'whole',
    usedBytes: size,
  };
}
