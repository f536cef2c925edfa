import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createDisks, type MachineDisks } from '../src/index.js';
import { makeKernelFiles, type KernelFiles } from './kernel-files.js';

let machine: KernelFiles;
let disks: MachineDisks;
let image: string;

beforeEach(() => {
  const page = Buffer.concat([Buffer.from([0, 0x80, 0, 8]), Buffer.from('  SN-1  ')]);
  machine = makeKernelFiles({
    sda: {
      number: '8:0',
      size: 4_000_000_000,
      files: { removable: '1\n', 'device/model': 'Disk One  \n', 'device/vpd_pg80': page },
    },
    sda1: { number: '8:1', partitionOf: { disk: 'sda', start: 2048 } },
    nvme0n1: {
      number: '259:0',
      size: 8 * 2 ** 30,
      files: { 'queue/logical_block_size': '4096\n', 'device/serial': 'SN-2 \n', 'device/model': 'Fast\n' },
    },
    nvme0c0n1: { number: '259:9', files: { hidden: '1\n' } },
    'cciss!c0d0': { number: '104:0' },
    zram0: { number: '253:0' },
    sr0: { number: '11:0' },
    'dm-0': { number: '252:0', slaves: ['sda1'] },
    sdb: { number: '8:16', size: 0 },
    loop0: { number: '7:0' },
    loop1: { number: '7:1', files: { 'loop/backing_file': '/image\n', 'loop/offset': '0\n' } },
  });
  disks = createDisks(machine.roots);
  image = join(machine.folder, 'image');
});
afterEach(() => machine.cleanUp());

test('lists whole disks only', async () => {
  const list = await disks.list();
  expect(list.map((disk) => disk.path)).toEqual(['/dev/cciss/c0d0', '/dev/loop1', '/dev/nvme0n1', '/dev/sda']);
  expect(list[3]).toEqual({
    path: '/dev/sda',
    size: 4_000_000_000,
    sectorSize: 512,
    model: 'Disk One',
    serial: 'SN-1',
    removable: true,
    readOnly: false,
    physicalDisks: [{ id: 'sysfs:8:0', name: '/dev/sda', dynamic: 'no' }],
    volumes: [expect.objectContaining({ path: '/dev/sda1', partition: 1, start: 2048 * 512 })],
  });
  expect(list[2]).toMatchObject({ sectorSize: 4096, serial: 'SN-2', model: 'Fast', removable: false });
});

test('what is no disk and no file is invalid, and keeps nobody waiting', async () => {
  const pipe = join(machine.folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const path of [machine.folder, pipe, '/dev/null']) {
    await expect(disks.openSource(path)).rejects.toMatchObject({ code: 'invalid' });
    await expect(disks.openDestination(path, 10)).rejects.toMatchObject({ code: 'invalid' });
  }
  await expect(disks.openSource(image)).rejects.toMatchObject({ code: 'not-found' });
  await expect(disks.openDestination(join(image, 'below'), 10)).rejects.toMatchObject({ code: 'not-found' });
  await expect(disks.openDestination(image, -1)).rejects.toMatchObject({ code: 'invalid' });
});

test('an image file as a source', async () => {
  writeFileSync(image, 'x'.repeat(5000));
  const source = await disks.openSource(image);
  expect(source).toMatchObject({ path: image, kind: 'file', size: 5000, sectorSize: 512, mounts: [] });
  const into = new Uint8Array(10);
  await source.read(4990, into);
  expect(Buffer.from(into).toString()).toBe('x'.repeat(10));
  await expect(source.read(4995, into)).rejects.toMatchObject({ code: 'corrupt', context: { offset: 5000 } });
  await source.close();
});

describe('a destination', () => {
  test('that is missing is made, all holes, and goes when it is discarded', async () => {
    const size = 10 * 2 ** 30;
    const destination = await disks.openDestination(image, size);
    expect(destination).toMatchObject({ kind: 'file', size, fresh: true, sectorSize: 512, mounts: [] });
    expect(statSync(image).size).toBe(size);
    expect(statSync(image).blocks).toBe(0);
    await destination.write(size - 3, Buffer.from('end'));
    await destination.flush();
    const into = new Uint8Array(4);
    await destination.read(size - 4, into);
    expect([...into]).toEqual([0, 101, 110, 100]);
    await expect(destination.write(size - 2, Buffer.from('end'))).rejects.toMatchObject({ code: 'invalid' });
    await destination.close({ discard: true });
    await destination.close();
    expect(existsSync(image)).toBe(false);
  });

  test('that is there is written over and never discarded', async () => {
    writeFileSync(image, 'before');
    const destination = await disks.openDestination(image, 100);
    expect(destination).toMatchObject({ fresh: false, size: 6 });
    await destination.write(0, Buffer.from('AFTER'));
    await destination.flush();
    await destination.close({ discard: true });
    expect(readFileSync(image, 'utf8')).toBe('AFTERe');
  });

  test('that was replaced by something else meanwhile is left alone', async () => {
    const destination = await disks.openDestination(image, 100);
    renameSync(image, `${image}-moved`);
    writeFileSync(image, 'other');
    await destination.close({ discard: true });
    expect(readFileSync(image, 'utf8')).toBe('other');
  });

  test('that was made here can be kept', async () => {
    const destination = await disks.openDestination(image, 100);
    await destination.close();
    expect(statSync(image).size).toBe(100);
  });
});

test('a source that shrinks is corrupt where it ends', async () => {
  writeFileSync(image, Buffer.alloc(10_000));
  const source = await disks.openSource(image);
  truncateSync(image, 4096);
  await expect(source.read(0, new Uint8Array(10_000))).rejects.toMatchObject({
    code: 'corrupt',
    context: { offset: 4096, path: image },
  });
  await source.close();
});
