import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createBlockDevices } from '../src/block-devices.js';
import { deviceNumber } from '../src/device-number.js';
import { createPhysicalDisks, type PhysicalDisks } from '../src/disks-below.js';
import { createRunningMachine } from '../src/running-machine.js';
import { makeKernelFiles, type KernelFiles } from './kernel-files.js';

/** Temporary files may lie in memory; these lie on a device wherever somebody keeps programs on one. */
const ownFolder = import.meta.dirname;
let machine: KernelFiles | undefined;
afterEach(() => {
  machine?.cleanUp();
  machine = undefined;
});

function record(...how: Parameters<typeof makeKernelFiles>): PhysicalDisks {
  machine = makeKernelFiles(...how);
  const source = createRunningMachine(machine.roots);
  return createPhysicalDisks(source, createBlockDevices(source));
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
  expect(await physical.belowDevice('8:0')).toMatchObject({ known: true, disks: [disk('8:0', 'sda')] });
  expect(await physical.belowDevice('8:1')).toMatchObject({ known: true, disks: [disk('8:0', 'sda')] });
  expect(await physical.belowDevice('252:0')).toMatchObject({
    known: true,
    disks: [disk('8:0', 'sda'), disk('8:16', 'sdb')],
  });
  expect(await physical.belowDevice('252:1')).toMatchObject({ known: true, disks: [disk('8:0', 'sda')] });
  expect(await physical.belowDevice('104:0')).toMatchObject({ known: true, disks: [disk('104:0', 'cciss/c0d0')] });
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
  expect(await physical.belowPath(ownFolder)).toMatchObject(groundDisk);
  expect(await physical.belowDevice('7:90')).toMatchObject(groundDisk);
  expect(await physical.belowDevice('252:9')).toMatchObject(groundDisk);
  expect(await physical.belowDevice('7:91')).toMatchObject({ known: false });
});

test('circles end', async () => {
  const physical = record({
    'dm-0': { number: '252:0', slaves: ['dm-1'] },
    'dm-1': { number: '252:1', slaves: ['dm-0'] },
  });
  expect(await physical.belowDevice('252:0')).toMatchObject({ known: false });
});

test('a path that is not there lies where it would be made', async () => {
  if (here.startsWith('0:')) return;
  const physical = record(ground);
  expect(await physical.belowPath(join(ownFolder, 'not', 'there'))).toMatchObject(groundDisk);
  expect(await physical.belowPath(join(import.meta.filename, 'below-a-file'))).toMatchObject({ known: false });
});

test('what another program or machine serves is not known, memory is no disk', async () => {
  const physical = record({
    nbd0: { number: '43:0' },
    rbd0: { number: '251:0' },
    zram0: { number: '253:0' },
    ram0: { number: '1:0' },
    nvme0n1: { number: '259:0' },
    nvme0n2: { number: '259:1' },
    'dm-0': { number: '252:0', slaves: ['nvme0n1', 'nvme0n2'] },
    'dm-1': { number: '252:1' },
  });
  for (const number of ['43:0', '251:0', '252:1']) {
    expect(await physical.belowDevice(number)).toMatchObject({ known: false });
  }
  for (const number of ['253:0', '1:0']) expect(await physical.belowDevice(number)).toMatchObject({ disks: [] });
  // Two namespaces are one drive.
  expect(await physical.belowDevice('252:0')).toMatchObject({ disks: [{ id: 'sysfs:nvme0', name: '/dev/nvme0n1' }] });
});

test('two disks of one model are two disks', async () => {
  const twin = { 'device/model': 'Same model\n', 'device/serial': '\n' };
  const physical = record({
    sda: { number: '8:0', files: twin },
    sdb: { number: '8:16', files: twin },
  });
  const ids = await Promise.all(['8:0', '8:16'].map((number) => physical.belowDevice(number)));
  expect(ids).toMatchObject([{ disks: [{ id: 'sysfs:8:0' }] }, { disks: [{ id: 'sysfs:8:16' }] }]);
});

test('a stack that is too deep is not known', async () => {
  const devices = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `dm-${i}`,
      { number: `252:${i}`, slaves: i === 0 ? ['sda'] : [`dm-${i - 1}`] },
    ]),
  );
  const physical = record({ sda: { number: '8:0' }, ...devices });
  expect(await physical.belowDevice('252:10')).toMatchObject({ known: true });
  expect(await physical.belowDevice('252:39')).toMatchObject({ known: false, why: expect.stringContaining('16') });
});

test('a mount without a device of its own is followed by its source', async () => {
  // /proc is on an anonymous device on every machine; the recorded table says what is mounted there.
  const proc = deviceNumber(statSync('/proc/sys', { bigint: true }).dev);
  if (!proc.startsWith('0:')) return;
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
  expect(await below(`2 1 ${proc} / /proc rw - btrfs /dev/sda2 rw`)).toMatchObject(both);
  expect(await below(`2 1 ${proc} / /proc rw - btrfs /dev/mapper/root rw`)).toMatchObject(both);
  expect(await below(`2 1 ${proc} / /proc rw - fuseblk /dev/sda2 rw`)).toMatchObject(first);
  expect(await below(`2 1 ${proc} / /proc rw - fuse.ntfs-3g /dev/mapper/root rw`)).toMatchObject(first);
  if (!here.startsWith('0:'))
    expect(await below(`2 1 ${proc} / /proc rw - fuse ${import.meta.filename} rw`)).toMatchObject(groundDisk);
  expect(await below(`2 1 ${proc} / /proc rw - fuse.mergerfs FOLDER rw`)).toMatchObject({ known: false });
  expect(await below(`2 1 ${proc} / /proc rw - zfs pool/data rw`)).toMatchObject({ known: false });
  for (const type of ['fuse.sshfs', 'nfs4', 'cifs', '9p', 'fuse.rclone']) {
    expect(await below(`2 1 ${proc} / /proc rw - ${type} host:/share rw`)).toMatchObject({
      known: false,
      why: expect.stringContaining('host:/share'),
      fileSystems: [{ keeper: 'server', type }],
    });
  }
  // In memory, whatever is written there as its source.
  expect(await below(`2 1 ${proc} / /proc rw - tmpfs /dev/sda2 rw`)).toEqual({
    known: true,
    disks: [],
    fileSystems: [{ id: `file-system:${proc}`, type: 'tmpfs', mountPoint: '/proc', keeper: 'memory' }],
  });
  machine = undefined;
});
