import { targetOfMachine, type BackupPlan } from '@sysimage/core/plugin';

/** The same plan, where nothing is known but a recorded machine: what rules that are `ofMachine` may look at. */
export function asOfMachine(plan: BackupPlan): BackupPlan {
  const { identity, location, medium, physicalDisks, physicalDisksUnknown, fileSystemsBelow } = plan.target.traits;
  const place = {
    identity,
    location,
    medium,
    ...(physicalDisks === undefined ? {} : { physicalDisks }),
    ...(physicalDisksUnknown === undefined ? {} : { physicalDisksUnknown }),
    ...(fileSystemsBelow === undefined ? {} : { fileSystemsBelow }),
  };
  return {
    ...plan,
    target: targetOfMachine(place),
    disks: plan.disks.map((disk) => ({
      ...disk,
      layout: unreadLayout(disk.layout),
      before: undefined,
      incremental: false,
      bytesToRead: disk.layout.size,
      bytesNeeded: disk.layout.size,
      imageBytes: disk.layout.size,
    })),
    systems: [],
    systemsBefore: undefined,
    strategy: { kind: 'in-place' },
    replacement: 'keep',
    bytesNeeded: 0,
    watch: undefined,
  };
}

type Layout = BackupPlan['disks'][number]['layout'];
type Volume = Layout['volumes'][number];

/** What the table says of itself, and a dynamic disk of its group, shows only when it is read. */
function unreadLayout({ size, sectorSize, scheme, id, model, serial, partitions, volumes }: Layout): Layout {
  return { size, sectorSize, scheme, id, model, serial, partitions, volumes: volumes.map(unread), problems: [] };
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
    copied: read.copied === 'none' ? 'none' : 'whole',
    usedBytes: size,
  };
}
