import { expect, test } from '@jest/globals';
import { createBlockDevices } from '../src/block-devices.js';
import { fileSystemIds } from '../src/file-system-ids.js';
import { parseMachineRecord, type MachineRecord } from '../src/index.js';
import { mountsOf } from '../src/mounts-of.js';
import { createRecordedMachine } from '../src/recorded-machine.js';
import { device, header, mebibyte, partition, plainDisk } from './recorded-machines.js';

const names = ['plain', 'tree', 'unseen', 'shown', 'twice', 'idle'] as const;

/** A partition of LVM whose volumes are used in every way. */
const machine: MachineRecord = {
  ...header,
  blockDevices: [
    device('sda', '8:0', 1000 * mebibyte, { attributes: plainDisk, partitions: ['sda1'] }),
    partition('sda', 1, '8:1', mebibyte, 900 * mebibyte, { holders: names.map((_, i) => `dm-${i}`) }),
    ...names.map((name, i) => {
      const attributes = { 'dm/name': `office-${name}\n`, 'dm/uuid': `LVM-${`${i}`.repeat(64)}\n` };
      return device(`dm-${i}`, `253:${i}`, 100 * mebibyte, { attributes, slaves: ['sda1'] });
    }),
    device('loop0', '7:0', 100 * mebibyte, { attributes: { 'loop/backing_file': '/dev/mapper/office-shown\n' } }),
  ],
  mountinfo: [
    '22 1 253:0 / /plain rw shared:1 - ext4 /dev/mapper/office-plain rw',
    '23 1 0:41 /@a /tree rw shared:2 - btrfs /dev/mapper/office-tree rw,subvolid=256',
    '24 1 0:41 /@b /branch rw shared:3 - btrfs /dev/mapper/office-tree rw,subvolid=257',
    '25 1 7:0 / /shown rw shared:4 - ext4 /dev/loop0 rw',
    '26 1 0:50 / /first rw - fuse.fuse2fs /dev/mapper/office-twice rw',
    '27 1 0:51 / /second rw - fuse.fuse2fs /dev/mapper/office-twice ro',
  ],
  btrfs: [
    { id: 'aa', devices: ['dm-1'] },
    { id: 'bb', devices: ['dm-2'] },
  ],
  dynamicDisks: {},
};

test('a mounted Btrfs bears the number of its mount, and what is used in ways unknown bears none', async () => {
  const source = createRecordedMachine(parseMachineRecord(JSON.stringify(machine), 'the test'));
  const devices = createBlockDevices(source);
  const all = await devices.all();
  const idOf = await fileSystemIds(all, source, devices);
  const ids = all.flatMap((each) => (each.mapped === undefined ? [] : [[each.mapped.name, idOf(each)] as const]));
  expect(Object.fromEntries(ids)).toEqual({
    'office-plain': 'file-system:253:0',
    'office-tree': 'file-system:0:41',
    'office-unseen': undefined,
    'office-shown': undefined,
    'office-twice': undefined,
    'office-idle': 'file-system:253:5',
  });
  // Whoever asks whether a volume is written to compares with these.
  const mounts = await mountsOf({ device: '8:0' }, { source, devices });
  expect(mounts.find(({ mountPoint }) => mountPoint === '/tree')?.fileSystem).toBe('file-system:0:41');
});
