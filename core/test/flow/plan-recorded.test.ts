import { expect, test } from '@jest/globals';
import { hasher } from '../hasher.js';
import type { DiskSummary, VolumeSummary } from '../../src/contract/source.js';
import { planRecorded, type RecordedMachine, type RecordedPlan } from '../../src/flow/plan-recorded.js';
import type { RecordedRequest } from '../../src/flow/plan-recorded.js';

function volume(partition: number, more: Partial<VolumeSummary> = {}): VolumeSummary {
  return {
    path: `/dev/sda${partition}`,
    partition,
    start: partition * 65_536,
    size: 65_536,
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
  size: 1_048_576,
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

const machine: RecordedMachine = {
  recordedAt: new Date('2026-03-01T12:00:00Z'),
  machineId: 'one',
  inventory: [sda],
  facts: undefined,
};

function plan(changes: Partial<RecordedRequest> = {}, record: Partial<RecordedMachine> = {}): Promise<RecordedPlan> {
  const place = { location: '/backup', medium: 'disk', physicalDisks: [] } as const;
  const request = { disks: ['/dev/sda'], computer: 'pc', to: 'shelf', place, ...changes };
  return planRecorded(request, { ...machine, ...record }, hasher);
}

test('volumes are as they are mounted, also through what is made of them', async () => {
  const {
    plan: { disks },
  } = await plan();
  expect(disks).toMatchObject([{ path: '/dev/sda', key: 'gpt-aa-bb', physicalDisks: [{ id: 'sysfs:8:0' }] }]);
  expect(disks[0]?.layout.volumes).toMatchObject([
    { partition: 1, fileSystem: 'vfat', label: 'ESP', consistency: 'clean', mountPoint: '/boot/efi' },
    { partition: 2, consistency: 'live', consistencyReason: 'mounted for writing at /home', mountPoint: '/home' },
    { partition: 3, consistency: 'clean' },
  ]);
  const { plan: small } = await plan({ include: ['PARTLABEL=EFI'] });
  expect(small.disks[0]?.layout.volumes.filter(({ copied }) => copied !== 'none')).toMatchObject([{ partition: 1 }]);
});

test('what was not recorded is missing, with the reason', async () => {
  const { missing } = await plan();
  expect([...missing]).toEqual([
    ['contents', 'what lies on /dev/sda was not recorded'],
    ['target', 'the target shelf was not recorded'],
    ['versions', 'what shelf holds of pc was not recorded'],
    ['systems', 'which systems are on these disks was not recorded'],
  ]);
  const { table: _, ...noTable } = sda;
  const without = await plan({}, { inventory: [noTable] });
  expect(without.missing.get('tables')).toBe('the partition table of /dev/sda was not recorded');
  await expect(plan({ disks: ['/dev/sdq'] })).rejects.toMatchObject({
    code: 'not-found',
    remedy: 'It shows: /dev/sda',
  });
});

test('a target inside of what is taken is refused, and beside it is not', async () => {
  const below = (id: string): Partial<RecordedRequest> => ({
    place: {
      location: '/home/backup',
      medium: 'disk',
      fileSystemsBelow: [{ id, type: 'ext4', mountPoint: '/home', keeper: 'machine' }],
    },
  });
  await expect(plan(below('/home'))).rejects.toThrow('/home/backup lies in partition 2 of /dev/sda');
  await expect(plan({ ...below('/home'), exclude: ['2'] })).resolves.toBeDefined();
  await expect(plan(below('/elsewhere'))).resolves.toBeDefined();
});

test('a disk without a table, and one of which nothing is known', async () => {
  const bare: DiskSummary = { path: '/dev/sdb', size: 65_536, sectorSize: 512, removable: true };
  const whole = { ...bare, path: '/dev/sdc', table: { scheme: 'other' as const }, volumes: [volume(0, { start: 0 })] };
  const { plan: two } = await plan({ disks: ['/dev/sdb', '/dev/sdc'] }, { inventory: [bare, whole] });
  expect(two.disks.map(({ layout }) => [layout.scheme, layout.partitions.length, layout.volumes.length])).toEqual([
    ['none', 0, 1],
    ['none', 0, 1],
  ]);
});

test('a provider of snapshots of which nobody wrote down anything offers nothing', async () => {
  const { plan: lvm } = await plan({ snapshot: 'lvm' });
  expect(lvm.disks[0]?.layout.volumes[1]).toMatchObject({
    consistency: 'live',
    consistencyReason: 'mounted for writing at /home (lvm: what it can do here was not recorded)',
  });
});
