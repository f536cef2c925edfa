import { deriveCapabilities } from '../contract/capabilities.js';
import { SysimageError } from '../contract/errors.js';
import type { Hasher } from '../contract/services.js';
import type { ContentSummary, DiskSummary, SourceMount, VolumeSummary } from '../contract/source.js';
import type { TargetTraits } from '../contract/target.js';
import type { DiskLayout, Volume } from '../model/disk-layout.js';
import type { BackupPlan } from '../model/plan.js';
import { assertTargetOutside } from './assert-target-outside.js';
import { diskKey } from './disk-key.js';
import { selectVolumes, type SelectionRequest } from './selection.js';

/** What would be backed up, where nothing but the inventory of a machine is known. */
export interface MachineRequest extends SelectionRequest {
  readonly computer: string;
  readonly disks: readonly DiskSummary[];
  /** Where the target lies, as far as that can be told. */
  readonly target: Pick<
    TargetTraits,
    'location' | 'medium' | 'physicalDisks' | 'physicalDisksUnknown' | 'fileSystemsBelow'
  >;
  readonly allowLive: boolean;
}

/**
 * A plan for the rules that are `ofMachine`, and for no others: what disks and target hold is not known, and stands there as nothing.
 * Errors: as of any plan.
 */
export function planOfMachine(request: MachineRequest, hasher: Hasher): BackupPlan {
  const layouts = selectVolumes(request.disks.map(layoutOf), request);
  const target = targetOfMachine({ identity: `place:${request.target.location}`, ...request.target });
  const disks = request.disks.map(({ path, physicalDisks, physicalDisksUnknown, volumes = [] }, index) => {
    const layout = layouts[index];
    if (layout === undefined) throw new SysimageError('internal', `disk ${index} has no layout`);
    const size = layout.volumes.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
    return {
      mounts: volumes.flatMap((volume) => mountsOf(volume).map((mount) => ({ ...mount, offset: volume.start }))),
      planned: {
        index,
        path,
        key: diskKey(layout, path, hasher),
        layout,
        physicalDisks,
        physicalDisksUnknown,
        bytesToRead: size,
        bytesNeeded: size,
        imageBytes: size,
        before: undefined,
        incremental: false,
      },
    };
  });
  assertTargetOutside(
    disks.map(({ mounts, planned: { path, layout } }) => ({ path, layout, mounts })),
    target.traits,
  );
  return {
    computer: request.computer,
    target,
    disks: disks.map(({ planned }) => planned),
    systems: [],
    systemsBefore: undefined,
    strategy: { kind: 'in-place' },
    replacement: 'keep',
    bytesNeeded: disks.reduce((sum, { planned }) => sum + planned.bytesNeeded, 0),
    allowLive: request.allowLive,
    allowIncomplete: false,
    watch: undefined,
  };
}

/** A target of which a machine knows where it lies, and nothing else. */
export function targetOfMachine(
  place: MachineRequest['target'] & Pick<TargetTraits, 'identity'>,
): BackupPlan['target'] {
  const traits: TargetTraits = { writeOnce: false, singleVersion: false, transport: 'local', ...place };
  return {
    traits,
    capabilities: deriveCapabilities({ traits, facets: {} }),
    free: undefined,
    total: undefined,
    versions: 0,
    openRuns: 0,
    newest: undefined,
    verified: { daysAgo: undefined, daysOfOldest: 0, within: 0 },
  };
}

function layoutOf({ size, sectorSize, table, model, serial, volumes = [] }: DiskSummary): DiskLayout {
  return {
    size,
    sectorSize,
    scheme: table === undefined || table.scheme === 'other' ? 'none' : table.scheme,
    id: table?.id,
    model,
    serial,
    partitions: volumes
      .filter(({ partition }) => partition > 0)
      .map(({ partition: index, start, size: bytes, type = '', partitionId: id, partitionName: name }) => {
        return { index, start, size: bytes, type, id, name, active: false, kind: 'primary' };
      }),
    volumes: volumes.map(volumeOf),
    problems: [],
  };
}

function volumeOf(volume: VolumeSummary): Volume {
  const { partition, start, size, fileSystem, label, id } = volume;
  const mounts = mountsOf(volume);
  const mount = mounts.find(({ readOnly }) => !readOnly) ?? mounts[0];
  const isLive = mount !== undefined && !mount.readOnly;
  return {
    partition,
    start,
    size,
    fileSystem,
    label,
    id,
    consistency: isLive ? 'live' : 'clean',
    consistencyReason: isLive ? `mounted for writing at ${mount.mountPoint}` : undefined,
    copied: 'whole',
    usedBytes: size,
    mountPoint: mount?.mountPoint,
  };
}

/** Of a volume, and of all that is made of it. */
function mountsOf({ mounts, above }: ContentSummary): readonly SourceMount[] {
  return [...mounts, ...above.flatMap(mountsOf)];
}
