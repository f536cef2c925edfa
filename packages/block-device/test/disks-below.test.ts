import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createBlockDevices } from '../src/block-devices.js';
import { deviceNumber } from '../src/device-number.js';
import { createPhysicalDisks, type PhysicalDisks } from '../src/disks-below.js';
import { recordMachine, type RecordedMachine } from './recorded-machine.js';

/** Temporary files may lie in memory; these lie on a device wherever somebody keeps programs on one. */
const ownFolder = import.meta.dirname;
let machine: RecordedMachine | undefined;
afterEach(() => {
  machine?.cleanUp();
  machine = undefined;
});

function record(...how: Parameters<typeof recordMachine>): PhysicalDisks {
  machine = recordMachine(...how);
  return createPhysicalDisks(machine.roots, createBlockDevices(machine.roots));
}

const disk = (number: string, name: string): object => ({ id: `sysfs:${number}`, name: `/dev/${name}`, dynamic: 'no' });

test('a partition lies on its disk, device-mapper and md on theirs', async () => {
  const physical = record({
    sda: { number: '8:0' },
    sda1: { number: '8:1', partitionOf: { disk: 'sda', start: 2048 } },
    sdb: { number: '8:16' },
    sdb1: { number: '8:17', partitionOf: { disk: 'sdb', start: 2048 } },
    md0: { number: '9:0', slaves: ['sda1', 'sdb1'] },
    'dm-0': { number: '252:0', slaves: ['md0'] },
    'dm-1': { number: '252:1', slaves: ['sda'] },
    'cciss!c0d0': { number: '104:0' },
  });
  expect(await physical.belowDevice('8:0')).toEqual({ known: true, disks: [disk('8:0', 'sda')] });
  expect(await physical.belowDevice('8:1')).toEqual({ known: true, disks: [disk('8:0', 'sda')] });
  expect(await physical.belowDevice('252:0')).toEqual({
    known: true,
    disks: [disk('8:0', 'sda'), disk('8:16', 'sdb')],
  });
  expect(await physical.belowDevice('252:1')).toEqual({ known: true, disks: [disk('8:0', 'sda')] });
  expect(await physical.belowDevice('104:0')).toEqual({ known: true, disks: [disk('104:0', 'cciss/c0d0')] });
  expect(await physical.belowDevice('8:32')).toMatchObject({ known: false });
});

/** A machine on whose partition `sdz1` the temporary folders of this test lie. */
const here = deviceNumber(statSync(ownFolder, { bigint: true }).dev);
const ground = here.startsWith('0:')
  ? {}
  : { sdz: { number: '65:144' }, sdz1: { number: here, partitionOf: { disk: 'sdz', start: 2048 } } };
const groundDisk = { known: true, disks: [disk('65:144', 'sdz')] };

test('a loop device lies where its file lies; a file that is gone lies nowhere that we know', async () => {
  if (here.startsWith('0:')) return; // a container whose files lie on no device
  const physical = record({
    ...ground,
    loop90: { number: '7:90', files: { 'loop/backing_file': `${ownFolder}\n`, 'loop/offset': '512\n' } },
    loop91: { number: '7:91', files: { 'loop/backing_file': '/gone (deleted)\n', 'loop/offset': '0\n' } },
    'dm-9': { number: '252:9', slaves: ['loop90', 'sdz'] },
  });
  expect(await physical.belowPath(ownFolder)).toEqual(groundDisk);
  expect(await physical.belowDevice('7:90')).toEqual(groundDisk);
  expect(await physical.belowDevice('252:9')).toEqual(groundDisk);
  expect(await physical.belowDevice('7:91')).toMatchObject({ known: false });
});

test('circles end', async () => {
  const physical = record({
    'dm-0': { number: '252:0', slaves: ['dm-1'] },
    'dm-1': { number: '252:1', slaves: ['dm-0'] },
  });
  expect(await physical.belowDevice('252:0')).toMatchObject({ known: false });
});

test('a path that is not there is not known', async () => {
  const physical = record({});
  expect(await physical.belowPath('/not/there')).toMatchObject({ known: false });
});

test('a mount without a device of its own is followed by its source', async () => {
  // /proc is on an anonymous device on every machine; the recorded table says what is mounted there.
  if (!deviceNumber(statSync('/proc/self', { bigint: true }).dev).startsWith('0:')) return;
  const below = (line: string): ReturnType<PhysicalDisks['belowPath']> => {
    const physical = record(
      {
        ...ground,
        sda: { number: '8:0' },
        sda2: { number: '8:2', partitionOf: { disk: 'sda', start: 2048 } },
        sdb: { number: '8:16' },
      },
      {
        btrfs: ['sda2', 'sdb'],
        mounts: (folder) => {
          mkdirSync(join(folder, 'dev', 'mapper'), { recursive: true });
          symlinkSync('../sda2', join(folder, 'dev', 'mapper', 'root'));
          return [`1 1 8:9 / / rw - ext4 /dev/sdx rw`, line.replace('FOLDER', folder)];
        },
      },
    );
    return physical.belowPath('/proc/sys').finally(() => machine?.cleanUp());
  };
  const both = { known: true, disks: [disk('8:0', 'sda'), disk('8:16', 'sdb')] };
  const first = { known: true, disks: [disk('8:0', 'sda')] };
  expect(await below('2 1 0:30 / /proc rw - btrfs /dev/sda2 rw')).toEqual(both);
  expect(await below('2 1 0:30 / /proc rw - btrfs /dev/mapper/root rw')).toEqual(both);
  expect(await below('2 1 0:30 / /proc rw - fuseblk /dev/sda2 rw')).toEqual(first);
  expect(await below('2 1 0:30 / /proc rw - fuse.ntfs-3g /dev/mapper/root rw')).toEqual(first);
  if (!here.startsWith('0:'))
    expect(await below(`2 1 0:30 / /proc rw - fuse ${import.meta.filename} rw`)).toEqual(groundDisk);
  expect(await below('2 1 0:30 / /proc rw - fuse.mergerfs FOLDER rw')).toMatchObject({ known: false });
  expect(await below('2 1 0:30 / /proc rw - fuse.sshfs user@host:/ rw')).toMatchObject({ known: false });
  expect(await below('2 1 0:30 / /proc rw - nfs4 host:/share rw')).toMatchObject({ known: false });
  expect(await below('2 1 0:30 / /proc rw - tmpfs /dev/sda2 rw')).toMatchObject({
    known: false,
    why: expect.stringContaining('tmpfs'),
  });
  machine = undefined;
});
