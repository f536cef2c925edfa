import type { DiskFacts } from '@sysimage/core';
import {
  boot,
  configured,
  contents,
  disk,
  gibi,
  held,
  newest,
  noTarget,
  root,
  shelf,
  systems,
  tables,
  there,
  versions,
  type RuleCase,
} from './rule-case.js';

/** By the ids of the rules that are about what is backed up, and by whom. */
export const sourceRuleCases: Readonly<Record<string, RuleCase>> = {
  'job/no-age-limit': {
    fires: ({ config }) => void delete config.jobs.home.maxAge,
    severity: 'info',
    says: /has no maxAge/u,
    unknown: configured,
  },
  'job/nobody-is-told': {
    fires: ({ config }) => void (config.notifications = {}),
    severity: 'warn',
    says: /nobody is told/u,
    right: ({ config }) => void (config.notifications = { bell: { run: ['true'], on: ['failure'] } }),
    unknown: configured,
  },
  'policy/suppression-expired': {
    fires: ({ config }) =>
      config.policies.suppress.push({ policy: 'target/size', reason: 'a while', expires: '2026-01-31' }),
    severity: 'warn',
    says: /held until the end of 2026-01-31/u,
    unknown: { never: 'it looks at nothing but the configuration and the clock' },
  },
  'policy/suppression-unused': {
    fires: ({ config }) =>
      config.policies.suppress.push({ policy: 'target/size', reason: 'a while', expires: '2099-01-31' }),
    severity: 'info',
    says: /matches nothing in this plan/u,
    right: (desk) => {
      desk.config.policies.suppress.push({ policy: 'target/size', reason: 'a while', expires: '2099-01-31' });
      shelf(desk).total = gibi;
    },
    unknown: {
      without: (desk) => {
        desk.config.policies.suppress.push({ policy: 'target/size', reason: 'a while', expires: '2099-01-31' });
        noTarget(desk);
      },
      says: /target\/size matches anything is not known/u,
    },
  },
  'source/boot-partition-left-out': {
    fires: ({ record }) => void (record.planning.systems = []),
    options: ['--exclude', '1'],
    severity: 'error',
    says: /it is an EFI system partition/u,
    unknown: systems,
  },
  'source/duplicate-volume-id': {
    fires: (desk) => Object.assign(boot(desk), { type: 'ext4', id: root(desk).id }),
    severity: 'warn',
    says: /same identifier/u,
    right: (desk) => Object.assign(boot(desk), { id: root(desk).id }),
    unknown: contents,
  },
  'source/dynamic-group': {
    fires: (desk) => void (disk(desk).dynamic = groupOf('disk-1', 'disk-2')),
    severity: 'error',
    says: /one of 2 dynamic disks of the group G/u,
    right: (desk) => void (disk(desk).dynamic = groupOf('disk-1')),
    unknown: {
      without: (desk) => void (disk(desk).dynamic = groupOf()),
      says: /which others there are is not known/u,
    },
  },
  'source/encrypted-volume': {
    fires: (desk) => Object.assign(boot(desk), { type: 'luks' }),
    severity: 'warn',
    says: /is encrypted \(luks\)/u,
    unknown: contents,
  },
  'source/failing-disk': {
    fires: (desk) => void (held(desk).unreadableBytes = 4096),
    severity: 'warn',
    says: /4\.0 KiB could not be read/u,
    unknown: versions,
  },
  'source/incomplete-pool': {
    fires: (desk) => void (root(desk).pool = { id: 'group', members: 2 }),
    severity: 'error',
    says: /one of 2 that belong together \(group\), and 1 of them/u,
    right: (desk) => void (root(desk).pool = { id: 'group', members: 1 }),
    unknown: contents,
  },
  'source/layout-changed': {
    fires: (desk) => void (there(held(desk).layout.partitions[1]).start += 2 ** 20),
    severity: 'warn',
    says: /laid out otherwise/u,
    unknown: versions,
  },
  'source/left-out-volume': {
    fires: () => undefined,
    options: ['--exclude', '1', '--allow-incomplete'],
    severity: 'info',
    says: /partition 1 \(fat32\) of \/dev\/sda is left out/u,
    unknown: {
      without: (desk) => void disk(desk).fileSystems.shift(),
      says: /partition 1 of \/dev\/sda is left out, and what is on it is not known/u,
    },
  },
  'source/live-volume': {
    fires: (desk) => void (there(disk(desk).snapshots[0]).offers = []),
    severity: 'block',
    says: /mounted for writing at \//u,
    unknown: {
      without: (desk) => void (disk(desk).snapshots = []),
      says: /read as it is at one instant is not known/u,
    },
  },
  'source/mbr-limit': {
    fires: (desk) => Object.assign(disk(desk), { scheme: 'mbr', size: 3000 * gibi }),
    severity: 'warn',
    says: /master boot record/u,
    right: (desk) => Object.assign(disk(desk), { scheme: 'mbr', size: 2048 * gibi }),
    unknown: tables,
  },
  'source/needed-volume-left-out': {
    fires: () => undefined,
    options: ['--exclude', '1'],
    severity: 'block',
    says: /Debian GNU\/Linux 12 needs it/u,
    unknown: systems,
  },
  'source/no-disk-id': {
    fires: (desk) => {
      delete disk(desk).id;
      delete disk(desk).serial;
    },
    severity: 'warn',
    says: /neither an identifier/u,
    right: (desk) => void delete disk(desk).id,
    unknown: tables,
  },
  'source/other-system': {
    fires: ({ record: { planning } }) =>
      planning.systems?.push({
        family: 'linux',
        name: 'Other',
        needs: [{ disk: '/dev/sda', partition: 1, role: 'boot' }],
        startKnown: true,
      }),
    severity: 'info',
    says: /^Other lies on partition 1/u,
    unknown: systems,
  },
  'source/partition-table': {
    fires: (desk) => void disk(desk).problems.push('the backup table is broken'),
    severity: 'warn',
    says: /the backup table is broken/u,
    unknown: contents,
  },
  'source/stale-dynamic-disk': {
    fires: withMember(6),
    severity: 'warn',
    says: /^\/dev\/sdc was away .* it knows 6 changes, \/dev\/sda knows 7/u,
    right: withMember(7),
    unknown: { without: withMember(undefined), says: /^How many changes .* \/dev\/sdc knows is not known/u },
  },
  'source/system-changed': {
    fires: (desk) => Object.assign(there(newest(desk).systems?.[0]), { name: 'Debian GNU/Linux 11' }),
    severity: 'warn',
    says: /of \/dev\/sda holds Debian GNU\/Linux 11, and the disk holds Debian GNU\/Linux 12/u,
    // It lay on another disk of that version.
    right: (desk) => {
      newest(desk).systems?.push({ disk: 'gpt-other', family: 'linux', name: 'Other' });
    },
    unknown: {
      without: ({ record }) => void (record.planning.systems = []),
      says: /which system the disk holds now is not known/u,
    },
  },
  'source/unknown-content': {
    fires: (desk) => void disk(desk).fileSystems.shift(),
    severity: 'info',
    says: /What is on partition 1 of \/dev\/sda is not known/u,
    unknown: contents,
  },
  'source/volume-not-clean': {
    fires: (desk) => Object.assign(boot(desk), { state: 'unclean', stateReason: 'dirty bit set' }),
    severity: 'warn',
    says: /dirty bit set/u,
    unknown: contents,
  },
};

function groupOf(...ids: readonly string[]): NonNullable<DiskFacts['dynamic']> {
  const disks = ids.map((id) => ({ id, name: id }));
  return { diskId: 'disk-1', groupId: 'g', groupName: 'G', sequence: 7, disks, volumes: [], problems: [] };
}

/** A second disk of the group, and the changes that it knows. */
function withMember(sequence: number | undefined): RuleCase['fires'] {
  return (desk) => {
    const { id: _, serial: __, ...other } = structuredClone(disk(desk));
    const group = groupOf('disk-1', 'disk-2');
    disk(desk).dynamic = group;
    const dynamic = { ...group, diskId: 'disk-2', sequence };
    const bare = { mounts: [], partitions: [], tables: [], fileSystems: [], snapshots: [], physicalDisks: [] };
    desk.record.planning.disks.push({ ...other, ...bare, path: '/dev/sdc', dynamic });
    desk.config.jobs.home['disks'] = ['/dev/sda', '/dev/sdc'];
  };
}
