import { expect, test } from '@jest/globals';
import type { DiskSummary, VolumeSummary } from '../../src/contract/source.js';
import { planOfMachine, type MachineRequest } from '../../src/plan/plan-of-machine.js';

const hasher = { digest: () => new Uint8Array(16), digestEach: async () => new Uint8Array(16) };

function volume(partition: number, more: Partial<VolumeSummary> = {}): VolumeSummary {
  return {
    path: `/dev/sda${partition}`,
    partition,
    start: partition * 1000,
    size: 1000,
    mounts: [],
    above: [],
    ...more,
  };
}

const mount = (mountPoint: string, readOnly = false) => ({ mountPoint, readOnly, fileSystem: mountPoint });
const logical = {
  path: '/dev/mapper/x',
  size: 500,
  above: [],
  kind: 'lvm',
  fileSystem: 'ext4',
  mounts: [mount('/home')],
};

const sda: DiskSummary = {
  path: '/dev/sda',
  size: 10_000,
  sectorSize: 512,
  removable: false,
  table: { scheme: 'gpt', id: 'AA-BB' },
  physicalDisks: [{ id: 'sysfs:8:0', name: '/dev/sda', dynamic: 'no' }],
  volumes: [
    volume(1, { fileSystem: 'vfat', label: 'ESP', mounts: [mount('/boot/efi', true)], partitionName: 'EFI' }),
    volume(2, { fileSystem: 'LVM2_member', above: [logical] }),
    volume(3),
  ],
};

function plan(changes: Partial<MachineRequest> = {}): ReturnType<typeof planOfMachine> {
  const target = { location: '/backup', medium: 'disk', physicalDisks: [] } as const;
  return planOfMachine({ computer: 'pc', disks: [sda], target, allowLive: false, ...changes }, hasher);
}

test('volumes are as they are mounted, also through what is made of them', () => {
  const { disks } = plan();
  expect(disks).toMatchObject([{ path: '/dev/sda', key: 'gpt-aa-bb', physicalDisks: [{ id: 'sysfs:8:0' }] }]);
  expect(disks[0]?.layout.volumes).toMatchObject([
    { partition: 1, fileSystem: 'vfat', label: 'ESP', consistency: 'clean', mountPoint: '/boot/efi' },
    { partition: 2, consistency: 'live', consistencyReason: 'mounted for writing at /home', mountPoint: '/home' },
    { partition: 3, consistency: 'clean' },
  ]);
  const left = plan({ include: ['PARTLABEL=EFI'] }).disks[0]?.layout.volumes.filter(({ copied }) => copied !== 'none');
  expect(left).toMatchObject([{ partition: 1 }]);
});

test('a target inside of what is taken is refused, and beside it is not', () => {
  const below = (id: string) => ({
    target: {
      location: '/home/backup',
      medium: 'disk' as const,
      fileSystemsBelow: [{ id, type: 'ext4', mountPoint: '/home', keeper: 'machine' as const }],
    },
  });
  expect(() => plan(below('/home'))).toThrow('/home/backup lies in partition 2 of /dev/sda');
  expect(() => plan({ ...below('/home'), exclude: ['2'] })).not.toThrow();
  expect(() => plan(below('/elsewhere'))).not.toThrow();
});

test('a disk without a table, and one of which nothing is known', () => {
  const bare: DiskSummary = { path: '/dev/sdb', size: 100, sectorSize: 512, removable: true };
  const whole = { ...bare, path: '/dev/sdc', table: { scheme: 'other' as const }, volumes: [volume(0, { start: 0 })] };
  const { disks } = plan({ disks: [bare, whole] });
  expect(disks.map(({ layout }) => [layout.scheme, layout.partitions.length, layout.volumes.length])).toEqual([
    ['none', 0, 0],
    ['none', 0, 1],
  ]);
});
