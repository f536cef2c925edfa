import {
  deriveCapabilities,
  type BackupPlan,
  type PhysicalDisk,
  type PlannedDisk,
  type Policy,
  type Report,
  type TargetTraits,
} from '@sysimage/core/plugin';

type Volume = PlannedDisk['layout']['volumes'][number];

export const sda: PhysicalDisk = { id: 'sysfs:8:0', name: '/dev/sda', dynamic: 'no' };
export const sdb: PhysicalDisk = { id: 'sysfs:8:16', name: '/dev/sdb', dynamic: 'no' };

export function volume(changes: Partial<Volume> = {}): Volume {
  return {
    partition: 1,
    start: 2 ** 20,
    size: 2 ** 30,
    fileSystem: 'ntfs',
    label: 'Windows',
    consistency: 'clean',
    copied: 'used',
    usedBytes: 2 ** 20,
    ...changes,
  };
}

export function disk(changes: Partial<PlannedDisk> = {}, layout: Partial<PlannedDisk['layout']> = {}): PlannedDisk {
  return {
    index: 0,
    path: '/dev/sda',
    key: 'key',
    layout: {
      size: 2 ** 31,
      sectorSize: 512,
      scheme: 'gpt',
      partitions: [],
      volumes: [volume()],
      problems: [],
      ...layout,
    },
    physicalDisks: [sda],
    physicalDisksUnknown: undefined,
    bytesToRead: 2 ** 20,
    bytesNeeded: 2 ** 20,
    incremental: false,
    ...changes,
  };
}

/** A plan in which all is well, with changes. */
export function planned(
  changes: Partial<Omit<BackupPlan, 'target'>> = {},
  target: Partial<Omit<BackupPlan['target'], 'traits'>> & { readonly traits?: Partial<TargetTraits> } = {},
): BackupPlan {
  const traits: TargetTraits = {
    identity: 'dir:/mnt/backup',
    location: '/mnt/backup',
    medium: 'disk',
    physicalDisks: [sdb],
    writeOnce: false,
    singleVersion: false,
    transport: 'local',
    ...target.traits,
  };
  return {
    computer: 'desk',
    disks: [disk()],
    strategy: { kind: 'in-place' },
    replacement: 'keep',
    bytesNeeded: 2 ** 20,
    allowLive: false,
    ...changes,
    target: {
      capabilities: deriveCapabilities({
        traits,
        facets: {},
        stat: async () => undefined,
        list: async function* list() {},
        get: async function* get() {},
        put: async (name, size) => ({ name, size }),
        remove: async () => {},
        close: async () => {},
      }),
      free: 2 ** 40,
      total: 2 ** 41,
      versions: 0,
      ...target,
      traits,
    },
  };
}

/** What a rule reports, with its message filled in as users read it. */
export function findings(policy: Policy, plan: BackupPlan): readonly (Report<string> & { readonly text: string })[] {
  const found: (Report<string> & { readonly text: string })[] = [];
  policy.check(plan, (report) => {
    const fill = (text: string): string =>
      text.replaceAll(/\{(\w+)\}/gu, (place, key: string) => String(report.data?.[key] ?? place));
    const text = fill(policy.meta.messages[report.messageId] ?? '?');
    const remedy = fill(policy.meta.remedies?.[report.messageId] ?? '?');
    found.push({ ...report, text });
    if (/[{}?]/u.test(text + remedy)) throw new Error(`not filled in: ${text} / ${remedy}`);
  });
  return found;
}
