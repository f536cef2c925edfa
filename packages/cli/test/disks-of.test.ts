import { expect, test } from '@jest/globals';
import type { DiskSummary } from '@sysimage/core';
import { disksOf } from '../src/commands/backup.js';

const disk = (path: string, more: Partial<DiskSummary> = {}): DiskSummary => {
  return { path, size: 1, sectorSize: 512, removable: false, ...more };
};
const choose = (there: readonly DiskSummary[], options: { all?: boolean; disk?: readonly string[] } = {}) =>
  disksOf(
    { disks: { list: async () => there, openSource: refuse, openDestination: refuse } },
    { all: false, disk: [], include: [], ...options },
  );
const refuse = (): Promise<never> => Promise.reject(new Error('is not opened'));

test('all disks are those of the machine: none that is removable, and none that only shows a file', async () => {
  const loop = disk('/dev/loop0', { backingFile: '/var/lib/snapd/snaps/core22.snap' });
  const there = [disk('/dev/sda'), loop, disk('/dev/sdb', { removable: true }), disk('/dev/nvme0n1')];
  expect(await choose(there, { all: true })).toEqual({ disks: ['/dev/sda', '/dev/nvme0n1'], include: [] });
  await expect(choose([loop], { all: true })).rejects.toMatchObject({
    code: 'invalid',
    message: 'no disks were found',
  });
  // By its name it is taken.
  expect(await choose(there, { disk: ['/dev/loop0'] })).toEqual({ disks: ['/dev/loop0'], include: [] });
});
