import {
  deriveCapabilities,
  type BackupPlan,
  type Capabilities,
  type PhysicalDisk,
  type PlannedDisk,
  type TargetTraits,
  type Volume,
} from '@sysimage/core/plugin';

/** Some facts, others than usual; `undefined` takes one away that may be missing. */
export type Changes<T> = { readonly [K in keyof T]?: T[K] | undefined };

export interface TargetChanges extends Changes<Omit<BackupPlan['target'], 'traits' | 'capabilities'>> {
  readonly traits?: Changes<TargetTraits>;
  /** Instead of those that follow from the traits. */
  readonly capabilities?: Changes<Capabilities>;
}

export type PlanChanges = Changes<Omit<BackupPlan, 'target'>> & { readonly target?: TargetChanges };

/** The disk that is backed up, and the one that the target lies on, unless a test says otherwise. */
export const sourceDisk: PhysicalDisk = { id: 'sysfs:8:0', name: '/dev/sda', dynamic: 'no' };
export const targetDisk: PhysicalDisk = { id: 'sysfs:8:16', name: '/dev/sdb', dynamic: 'no' };

/** A clean NTFS volume of 1 GiB, 1 MiB of it in use, with changes. */
export function volumeFacts(changes: Changes<Volume> = {}): Volume {
  const usual: Volume = {
    partition: 1,
    start: 2 ** 20,
    size: 2 ** 30,
    fileSystem: 'ntfs',
    label: 'Windows',
    consistency: 'clean',
    copied: 'used',
    usedBytes: 2 ** 20,
  };
  return changed(usual, changes);
}

/** A disk of 2 GiB with one volume, with changes to what is planned for it and to its layout. */
export function diskFacts(
  changes: Changes<Omit<PlannedDisk, 'layout'>> = {},
  layout: Changes<PlannedDisk['layout']> = {},
): PlannedDisk {
  const usual: PlannedDisk = {
    index: 0,
    path: '/dev/sda',
    key: 'key',
    layout: changed(
      { size: 2 ** 31, sectorSize: 512, scheme: 'gpt', partitions: [], volumes: [volumeFacts()], problems: [] },
      layout,
    ),
    physicalDisks: [sourceDisk],
    physicalDisksUnknown: undefined,
    bytesToRead: 2 ** 20,
    bytesNeeded: 2 ** 20,
    imageBytes: 2 ** 20,
    before: undefined,
    incremental: false,
  };
  return changed<PlannedDisk>(usual, changes);
}

/** A plan in which all is well: one disk to a folder on another, with room for a thousand more. With changes. */
export function planFacts({ target = {}, ...changes }: PlanChanges = {}): BackupPlan {
  const usual: BackupPlan = {
    computer: 'desk',
    disks: [diskFacts()],
    systems: [],
    unread: [],
    strategy: { kind: 'in-place' },
    replacement: 'keep',
    bytesNeeded: 2 ** 20,
    allowLive: false,
    allowIncomplete: false,
    watch: undefined,
    target: targetFacts(target),
  };
  return changed(usual, changes);
}

function targetFacts({ traits = {}, capabilities = {}, ...changes }: TargetChanges): BackupPlan['target'] {
  const usualTraits: TargetTraits = {
    identity: 'dir:/mnt/backup',
    location: '/mnt/backup',
    medium: 'disk',
    physicalDisks: [targetDisk],
    writeOnce: false,
    singleVersion: false,
    transport: 'local',
  };
  const ownTraits = changed(usualTraits, traits);
  const usual: BackupPlan['target'] = {
    traits: ownTraits,
    capabilities: changed(capabilitiesOf(ownTraits), capabilities),
    free: 2 ** 40,
    total: 2 ** 41,
    versions: 0,
    openRuns: 0,
    newest: undefined,
    verified: { daysAgo: undefined, daysOfOldest: 0, within: 35 },
    earlierNames: [],
  };
  return changed(usual, changes);
}

/** Of a target with random access and known free space, as a folder has them. */
function capabilitiesOf(traits: TargetTraits): Capabilities {
  const derived = deriveCapabilities({ traits, facets: {} });
  const shadowCopies = traits.singleVersion ? 'none' : 'engine';
  return { ...derived, shadowCopies, randomWrite: true, freeSpaceKnown: true };
}

/** What is `undefined` in the changes is `undefined` in the result. */
function changed<T extends object>(usual: T, changes: Changes<T>): T {
  return Object.assign({ ...usual }, changes);
}
