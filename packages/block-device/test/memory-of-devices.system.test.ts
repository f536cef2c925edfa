import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDisks } from '../src/index.js';

// Real loop devices: needs root.

const mebibyte = 2 ** 20;
const disks = createDisks();
let folder: string;
let image: string;
let undo: (() => unknown)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sysimage-memory-of-devices-'));
  image = join(folder, 'disk.img');
  writeFileSync(image, '');
  truncateSync(image, 64 * mebibyte);
  undo = [];
});
afterEach(() => {
  for (const step of undo.toReversed()) step();
  rmSync(folder, { recursive: true });
});

function attach(path: string, ...options: readonly string[]): string {
  const device = execFileSync('losetup', ['--show', '-f', ...options, path], { encoding: 'utf8' }).trim();
  undo.push(() => execFileSync('losetup', ['-d', device]));
  return device;
}

test('what is read of a destination that was told to forget is what the medium has', async () => {
  const device = attach(image);
  const destination = await disks.openDestination(device, mebibyte);
  const textIn = async (): Promise<string> => {
    const into = Buffer.alloc(5);
    await destination.read(3 * mebibyte, into);
    return into.toString();
  };
  await destination.write(3 * mebibyte, Buffer.from('right'));
  await destination.flush();
  // The medium changes its mind.
  const medium = openSync(image, 'r+');
  writeSync(medium, Buffer.from('wrong'), 0, 5, 3 * mebibyte);
  fsyncSync(medium);
  closeSync(medium);
  expect(await textIn()).toBe('right');
  await destination.forget();
  expect(await textIn()).toBe('wrong');
  await destination.close();
});

test('what is read is what is there when the disk is opened, and not what the kernel remembers of it', async () => {
  const device = attach(image);
  // As a mounted partition does: with nobody there, all is forgotten in any case.
  const keeper = openSync(device, 'r');
  undo.push(() => closeSync(keeper));
  const textIn = async (): Promise<string> => {
    const source = await disks.openSource(device);
    const into = Buffer.alloc(5);
    await source.read(mebibyte, into);
    await source.close();
    return into.toString();
  };
  expect(await textIn()).toBe('\0\0\0\0\0');
  const part = openSync(attach(image, '-o', `${mebibyte}`), 'r+');
  writeSync(part, Buffer.from('hello'));
  fsyncSync(part);
  closeSync(part);
  expect(await textIn()).toBe('hello');
});
