import { closeSync, fsyncSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { makeScratch, withLoop } from '@sysimage/fixtures';
import { createDisks } from '../src/index.js';

// Real loop devices: needs root.

const mebibyte = 2 ** 20;
const disks = createDisks();
const scratch = await makeScratch();
afterAll(() => scratch.remove());
let image = '';
let count = 0;

beforeEach(() => {
  count += 1;
  image = scratch.at(`disk${count}.img`);
  writeFileSync(image, '');
  truncateSync(image, 64 * mebibyte);
});

function writeBelow(path: string, at: number, text: string): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from(text), 0, text.length, at);
  fsyncSync(file);
  closeSync(file);
}

test('what is read of a destination that was told to forget is what the medium has', () =>
  withLoop(image, {}, async (device) => {
    const destination = await disks.openDestination(device, mebibyte);
    const textIn = async (): Promise<string> => {
      const into = Buffer.alloc(5);
      await destination.read(3 * mebibyte, into);
      return into.toString();
    };
    await destination.write(3 * mebibyte, Buffer.from('right'));
    await destination.flush();
    // The medium changes its mind.
    writeBelow(image, 3 * mebibyte, 'wrong');
    expect(await textIn()).toBe('right');
    await destination.forget();
    expect(await textIn()).toBe('wrong');
    await destination.close();
  }));

test('what is read is what is there when the disk is opened, and not what the kernel remembers of it', () =>
  withLoop(image, {}, async (device) => {
    // As a mounted partition does: with nobody there, all is forgotten in any case.
    const keeper = openSync(device, 'r');
    const textIn = async (): Promise<string> => {
      const source = await disks.openSource(device);
      const into = Buffer.alloc(5);
      await source.read(mebibyte, into);
      await source.close();
      return into.toString();
    };
    try {
      expect(await textIn()).toBe('\0\0\0\0\0');
      await withLoop(image, { offset: mebibyte }, async (part) => writeBelow(part, 0, 'hello'));
      expect(await textIn()).toBe('hello');
    } finally {
      closeSync(keeper);
    }
  }));
