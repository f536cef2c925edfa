import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createBlockDevices } from '../src/block-devices.js';
import { mountsOf } from '../src/mounts-of.js';
import { recordMachine, type RecordedMachine } from './recorded-machine.js';

let machine: RecordedMachine | undefined;
afterEach(() => machine?.cleanUp());

const devices = {
  sda: { number: '8:0' },
  sda1: { number: '8:1', partitionOf: { disk: 'sda', start: 2048 } },
  sda2: { number: '8:2', partitionOf: { disk: 'sda', start: 4096 } },
  sda3: { number: '8:3', partitionOf: { disk: 'sda', start: 8192 } },
  sdb: { number: '8:16' },
  'dm-0': { number: '252:0', slaves: ['sda3'] },
  loop0: { number: '7:0', files: { 'loop/backing_file': '/dev/sda2\n', 'loop/offset': '65536\n' } },
};

test('a disk, its partitions, what is made of them, and loops over them', async () => {
  machine = recordMachine(devices, {
    btrfs: ['sdb', 'sda1'],
    mounts: () => [
      '1 1 8:1 / /boot rw - ext4 /dev/sda1 ro',
      '2 1 8:16 / /other rw - ext4 /dev/sdb rw',
      '3 1 252:0 / /home\\040x rw - xfs /dev/mapper/home rw',
      '4 1 7:0 / /loop rw - ext4 /dev/loop0 rw',
      '5 1 0:30 / /data rw - btrfs /dev/sdb rw',
      '6 1 0:31 / /win rw - fuseblk /dev/sda2 rw',
      '7 1 0:32 / /tmp rw - tmpfs /dev/sda2x rw',
      '8 1 8:0 / /whole rw - vfat /dev/sda rw',
    ],
  });
  const found = (device: string): Promise<unknown> => {
    if (machine === undefined) throw new Error('no machine');
    return mountsOf({ device }, machine.roots, createBlockDevices(machine.roots));
  };
  expect(await found('8:0')).toEqual([
    { mountPoint: '/boot', readOnly: true, offset: 2048 * 512 },
    { mountPoint: '/home x', readOnly: false },
    { mountPoint: '/loop', readOnly: false, offset: 4096 * 512 + 65_536 },
    { mountPoint: '/data', readOnly: false, offset: 2048 * 512 },
    { mountPoint: '/win', readOnly: false, offset: 4096 * 512 },
    { mountPoint: '/whole', readOnly: false, offset: 0 },
  ]);
  // A partition given as a disk of its own.
  expect(await found('8:2')).toEqual([
    { mountPoint: '/loop', readOnly: false, offset: 65_536 },
    { mountPoint: '/win', readOnly: false, offset: 0 },
  ]);
});

test('an image file: loops over it, their partitions, and FUSE', async () => {
  let image = '';
  machine = recordMachine(devices, {
    mounts: (folder) => {
      image = join(folder, 'an image');
      writeFileSync(image, '');
      return [
        '1 1 7:5 / /loop rw - ext4 /dev/loop5 rw',
        '2 1 259:1 / /part rw - ext4 /dev/loop5p1 rw',
        `3 1 0:39 / /fuse rw - fuse ${image.replaceAll(' ', '\\040')} rw`,
        `4 1 0:40 / /not rw - fuse ${folder} rw`,
      ];
    },
  });
  const { folder, roots } = machine;
  const own = recordMachine(
    {
      loop5: { number: '7:5', files: { 'loop/backing_file': `${image}\n`, 'loop/offset': '4096\n' } },
      loop5p1: { number: '259:1', partitionOf: { disk: 'loop5', start: 8 } },
      loop6: { number: '7:6', files: { 'loop/backing_file': `${folder}\n`, 'loop/offset': '0\n' } },
    },
    {},
  );
  try {
    const { dev, ino } = statSync(image, { bigint: true });
    const mixed = { ...own.roots, procRoot: roots.procRoot };
    expect(await mountsOf({ file: { dev, ino } }, mixed, createBlockDevices(mixed))).toEqual([
      { mountPoint: '/loop', readOnly: false, offset: 4096 },
      { mountPoint: '/part', readOnly: false, offset: 8192 },
      { mountPoint: '/fuse', readOnly: false },
    ]);
  } finally {
    own.cleanUp();
  }
});
