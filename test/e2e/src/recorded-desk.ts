import type { MachineRecord } from '@sysimage/block-device';
import type { DiskFacts, PlanningFacts, TargetFacts } from '@sysimage/core';

/** A recorded machine, and the configuration that it is asked about. Whatever is made of it is a copy of its own. */
export interface RecordedDesk {
  readonly record: Omit<MachineRecord, 'planning'> & { planning: PlanningFacts };
  readonly config: {
    targets: Record<string, object>;
    jobs: { home: { maxAge?: string } & Record<string, unknown> };
    notifications: Record<string, object>;
    policies: { suppress: object[]; severities: Record<string, string> };
  };
}

const mebi = 2 ** 20;
const gibi = 2 ** 30;
const disk = { size: 500 * gibi, sectorSize: 512, model: 'One model', serial: 'S1' };
const diskId = 'AAAAAAAA-0000-4000-8000-000000000001';
/** 100 GiB of the root, in grains of the disk. */
const used = '8208,1638400';

const table = {
  scheme: 'gpt',
  id: diskId,
  partitions: [
    {
      index: 1,
      start: mebi,
      size: 512 * mebi,
      type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
      id: 'AAAAAAAA-0000-4000-8000-000000000011',
      active: false,
      kind: 'primary',
    },
    {
      index: 2,
      start: 513 * mebi,
      size: 499 * gibi,
      type: '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709',
      id: 'AAAAAAAA-0000-4000-8000-000000000012',
      active: false,
      kind: 'primary',
    },
  ],
  problems: [],
} satisfies Pick<DiskFacts, 'scheme' | 'id' | 'partitions' | 'problems'>;

/** An EFI system partition, and a root that was frozen if it came to it. */
const sda: DiskFacts = {
  path: '/dev/sda',
  kind: 'device',
  ...disk,
  physicalDisks: [{ id: 'sysfs:8:0', name: '/dev/sda', dynamic: 'no' }],
  mounts: [{ offset: 513 * mebi, fileSystem: 'file-system:8:2', mountPoint: '/', readOnly: false }],
  ...table,
  tables: [{ start: 0, end: 17_408 }],
  fileSystems: [
    fileSystem(1, { type: 'fat32', id: 'AAAA-0001', allocated: '16,200' }),
    fileSystem(2, { type: 'ext4', id: 'aaaaaaaa-0002', state: 'unclean', trueWhenFrozen: true, allocated: used }),
  ],
  mappedFileSystems: [],
  snapshots: [
    {
      partition: 2,
      offers: [{ provider: 'freeze', offer: { consistency: 'frozen', how: 'frozen while it is read' } }],
    },
  ],
};

const shelf: TargetFacts = {
  traits: {
    identity: 'dir:/srv/backups',
    location: '/srv/backups',
    medium: 'disk',
    physicalDisks: [{ id: 'sysfs:8:16', name: '/dev/sdb', dynamic: 'no' }],
    fileSystemsBelow: [{ id: 'file-system:8:17', type: 'ext4', mountPoint: '/srv/backups', keeper: 'machine' }],
    fileSystem: 'ntfs3',
    writeOnce: false,
    singleVersion: false,
    transport: 'local',
  },
  facets: ['random', 'capacity', 'lease'],
  free: 700 * gibi,
  total: 1000 * gibi,
  computers: [
    {
      name: 'desk',
      owner: { name: 'desk', machineId: 'one' },
      verifiedAt: '2026-02-20T12:00:00.000Z',
      versions: [
        { id: '20260101t120000000z-aaaa', createdAt: '2026-01-01T12:00:00.000Z', good: true, disks: [] },
        {
          id: '20260228t120000000z-aaaa',
          createdAt: '2026-02-28T12:00:00.000Z',
          good: true,
          disks: [
            {
              key: `gpt-${diskId.toLowerCase()}`,
              layout: { ...disk, ...structuredClone(table), volumes: [] },
              image: { name: `sysimage/desk/disk-gpt-${diskId.toLowerCase()}/image.vhd`, kind: 'in-place' },
              unreadableBytes: 0,
              allocation: `0,216,7992,1638400`,
            },
          ],
          systems: [{ disk: `gpt-${diskId.toLowerCase()}`, family: 'linux', name: 'Debian GNU/Linux 12' }],
        },
      ],
      lost: [],
      openRuns: 0,
    },
  ],
};

const desk: RecordedDesk = {
  record: {
    format: 'sysimage-machine/1',
    system: 'linux',
    recordedAt: '2026-03-01T12:00:00.000Z',
    hostName: 'desk',
    machineId: 'one',
    blockDevices: [
      device('sda', '8:0', { partitions: ['sda1', 'sda2'], attributes: { size: `${disk.size / 512}\n` } }),
      device('sda1', '8:1', { disk: 'sda', attributes: { partition: '1\n', start: `${mebi / 512}\n` } }),
      device('sda2', '8:2', { disk: 'sda', attributes: { partition: '2\n', start: `${(513 * mebi) / 512}\n` } }),
      device('sdb', '8:16', { partitions: ['sdb1'] }),
      device('sdb1', '8:17', { disk: 'sdb', attributes: { partition: '1\n', start: '2048\n' } }),
    ],
    mountinfo: ['20 1 8:2 / / rw - ext4 /dev/sda2 rw', '22 20 8:17 / /srv/backups rw - ntfs3 /dev/sdb1 rw'],
    btrfs: [],
    dynamicDisks: { sda: 'no', sdb: 'no' },
    lsblk: {
      blockdevices: [
        { name: 'sda', 'maj:min': '8:0', path: '/dev/sda', type: 'disk', pttype: 'gpt', ptuuid: diskId.toLowerCase() },
      ],
    },
    planning: {
      format: 'sysimage-planning/1',
      disks: [sda],
      systems: [
        {
          family: 'linux',
          name: 'Debian GNU/Linux 12',
          version: '12',
          needs: [
            { disk: '/dev/sda', partition: 2, role: 'boot' },
            { disk: '/dev/sda', partition: 1, role: 'system' },
          ],
          startKnown: true,
        },
      ],
      targets: { shelf },
    },
  },
  config: {
    targets: { shelf: { plugin: 'dir', path: '/srv/backups' } },
    jobs: { home: { disks: ['/dev/sda'], to: 'shelf', maxAge: '48h' } },
    notifications: { bell: { run: ['true'] } },
    policies: { suppress: [], severities: {} },
  },
};

/** A machine of which no rule has anything to say: a disk with a system, backed up daily to a folder on another one. */
export function recordedDesk(): RecordedDesk {
  return structuredClone(desk);
}

type Device = MachineRecord['blockDevices'][number];

function device(name: string, number: string, { attributes = {}, ...more }: Partial<Device>): Device {
  const facts = { dev: `${number}\n`, size: `${2 ** 22}\n`, removable: '0\n', ...attributes };
  return { name, attributes: facts, partitions: [], slaves: [], holders: [], ...more };
}

type FileSystem = DiskFacts['fileSystems'][number];

function fileSystem(partition: number, more: Partial<FileSystem> & Pick<FileSystem, 'type'>): FileSystem {
  return { partition, state: 'clean', trueWhenFrozen: false, optional: [], ...more };
}
