import { expect, test } from '@jest/globals';
import type { DiskSummary, VolumeSummary } from '../../src/contract/source.js';
import { runningSystem } from '../../src/plan/running-system.js';

const volume = (partition: number, mountPoint?: string, more: Partial<VolumeSummary> = {}): VolumeSummary => ({
  path: `/dev/x${partition}`,
  partition,
  start: 0,
  size: 1,
  mounts: mountPoint === undefined ? [] : [{ mountPoint, readOnly: false }],
  above: [],
  ...more,
});
const disk = (path: string, ...volumes: VolumeSummary[]): DiskSummary => ({
  path,
  size: 1,
  sectorSize: 512,
  removable: false,
  volumes,
});
const below = (mountPoint: string): Partial<VolumeSummary> => ({
  above: [
    { ...volume(0), kind: 'crypt', above: [{ ...volume(0, mountPoint), kind: 'lvm' }] },
    { ...volume(0, '/home'), kind: 'lvm' },
  ],
});

test('the root, what else the system needs, and what starts it; no data', () => {
  const system = disk(
    '/dev/sda',
    volume(1, undefined, { type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b' }),
    volume(2, '/boot'),
    volume(3, undefined, below('/')),
    volume(4, '/home'),
  );
  const data = disk('/dev/sdb', volume(1, '/srv'), volume(2, undefined, { type: '0xef' }));
  const more = disk('/dev/sdc', volume(0, '/var'));
  expect(runningSystem([data, system, more])).toEqual({
    disks: ['/dev/sda', '/dev/sdc'],
    include: ['0:1', '0:2', '0:3', '1:0'],
  });
});

test('a root on no disk is not half found', () => {
  expect(runningSystem([disk('/dev/sda', volume(1, '/boot')), disk('/dev/sdb', volume(1))])).toBeUndefined();
  expect(runningSystem([])).toBeUndefined();
});
