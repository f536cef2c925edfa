import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createBlockDevices } from '../src/block-devices.js';
import { mountsOf } from '../src/mounts-of.js';
import { createRunningMachine } from '../src/running-machine.js';
import { makeKernelFiles, type KernelFiles } from './kernel-files.js';

let machine: KernelFiles | undefined;
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
  machine = makeKernelFiles(devices, {
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
    const source = createRunningMachine(machine.roots);
    return mountsOf({ device }, { source, devices: createBlockDevices(source) });
  };
  expect(await found('8:0')).toEqual([
    { mountPoint: '/boot', readOnly: true, offset: 2048 * 512, fileSystem: 'file-system:8:1' },
    { mountPoint: '/home x', readOnly: false, offset: 8192 * 512, fileSystem: 'file-system:252:0' },
    { mountPoint: '/loop', readOnly: false, offset: 4096 * 512 + 65_536, fileSystem: 'file-system:7:0' },
    { mountPoint: '/data', readOnly: false, offset: 2048 * 512, fileSystem: 'file-system:0:30' },
    { mountPoint: '/win', readOnly: false, offset: 4096 * 512, fileSystem: 'file-system:0:31' },
    { mountPoint: '/whole', readOnly: false, offset: 0, fileSystem: 'file-system:8:0' },
  ]);
  // A partition given as a disk of its own.
  expect(await found('8:2')).toEqual([
    { mountPoint: '/loop', readOnly: false, offset: 65_536, fileSystem: 'file-system:7:0' },
    { mountPoint: '/win', readOnly: false, offset: 0, fileSystem: 'file-system:0:31' },
  ]);
});

test('what something has that shows nowhere is in use', async () => {
  machine = makeKernelFiles(devices, { mounts: () => ['1 1 8:1 / /boot rw - ext4 /dev/sda1 ro'] });
  const source = createRunningMachine(machine.roots);
  const asked: string[] = [];
  const isHeld = async (name: string): Promise<boolean> => asked.push(name) > 0;
  const place = { mountPoint: 'a place that cannot be seen from here', readOnly: false };
  expect(await mountsOf({ device: '8:0' }, { source, devices: createBlockDevices(source), isHeld })).toEqual([
    { mountPoint: '/boot', readOnly: true, offset: 2048 * 512, fileSystem: 'file-system:8:1' },
    { ...place, offset: 4096 * 512 },
    { ...place, offset: 4096 * 512 + 65_536 },
    { ...place, offset: 8192 * 512 },
  ]);
  // Not of what has parts of its own, and of what is mounted in plain sight.
  expect(asked).toEqual(['sda2', 'loop0', 'dm-0']);
});

test('what is made of partitions is where they are, once for each, and never beyond', async () => {
  machine = makeKernelFiles(
    {
      sda: { number: '8:0' },
      sda1: { number: '8:1', partitionOf: { disk: 'sda', start: 2048 } },
      sda2: { number: '8:2', partitionOf: { disk: 'sda', start: 4096 } },
      sdb: { number: '8:16' },
      md0: { number: '9:0', slaves: ['sda1', 'sda2'] },
      md0p1: { number: '259:0', partitionOf: { disk: 'md0', start: 6144 } },
      'dm-0': { number: '252:0', slaves: ['sdb'] },
      loop0: { number: '7:0', files: { 'loop/backing_file': '/dev/md0\n', 'loop/offset': '4194304\n' } },
    },
    {
      mounts: () => [
        '1 1 259:0 / /part rw - ext4 /dev/md0p1 rw',
        '2 1 7:0 / /loop rw - ext4 /dev/loop0 rw',
        '3 1 252:0 / /mapped rw - ext4 /dev/mapper/x rw',
      ],
    },
  );
  const source = createRunningMachine(machine.roots);
  const found = (device: string): Promise<unknown> =>
    mountsOf({ device }, { source, devices: createBlockDevices(source) });
  expect(await found('8:0')).toMatchObject([
    { mountPoint: '/part', offset: 2048 * 512 },
    { mountPoint: '/part', offset: 4096 * 512 },
    { mountPoint: '/loop', offset: 2048 * 512 },
    { mountPoint: '/loop', offset: 4096 * 512 },
  ]);
  // Of all of a disk nobody knows the place.
  expect(await found('8:16')).toEqual([{ mountPoint: '/mapped', readOnly: false, fileSystem: 'file-system:252:0' }]);
});

test('an image file: loops over it, their partitions, and FUSE', async () => {
  let image = '';
  machine = makeKernelFiles(devices, {
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
  const own = makeKernelFiles(
    {
      loop5: { number: '7:5', files: { 'loop/backing_file': `${image}\n`, 'loop/offset': '4096\n' } },
      loop5p1: { number: '259:1', partitionOf: { disk: 'loop5', start: 8 } },
      loop6: { number: '7:6', files: { 'loop/backing_file': `${folder}\n`, 'loop/offset': '0\n' } },
    },
    {},
  );
  try {
    const { dev, ino } = statSync(image, { bigint: true });
    const mixed = createRunningMachine({ ...own.roots, procRoot: roots.procRoot });
    expect(await mountsOf({ file: { dev, ino } }, { source: mixed, devices: createBlockDevices(mixed) })).toEqual([
      { mountPoint: '/loop', readOnly: false, offset: 4096, fileSystem: 'file-system:7:5' },
      { mountPoint: '/part', readOnly: false, offset: 8192, fileSystem: 'file-system:259:1' },
      { mountPoint: '/fuse', readOnly: false, fileSystem: 'file-system:0:39' },
    ]);
  } finally {
    own.cleanUp();
  }
});
