import { constants, readFileSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { objectName } from '@sysimage/core/plugin';
import { createRandomFile } from '../src/random-file.js';
import { temporaryFolder } from './fixture.js';

let folder: ReturnType<typeof temporaryFolder>;
let handle: FileHandle;
const name = objectName('image.vhd');

beforeEach(async () => {
  folder = temporaryFolder();
  handle = await open(join(folder.path, name), constants.O_RDWR | constants.O_CREAT);
});
afterEach(async () => {
  await handle.close();
  folder.cleanUp();
});

/** The handle with some methods replaced. */
function changed(changes: object): FileHandle {
  return new Proxy(handle, {
    get(real, key) {
      const value: unknown = Reflect.get(key in changes ? changes : real, key);
      return typeof value === 'function' ? value.bind(real) : value;
    },
  });
}

test('goes on after short reads and writes', async () => {
  const short = changed({
    read: (into: Uint8Array, at: number, length: number, position: number) =>
      handle.read(into, at, Math.min(length, 3), position),
    write: (bytes: Uint8Array, at: number, length: number, position: number) =>
      handle.write(bytes, at, Math.min(length, 3), position),
  });
  const file = createRandomFile(name, { handle: short, writable: true });
  await file.write(5, Buffer.from('0123456789'));
  const into = Buffer.alloc(10);
  await file.read(5, into);
  expect(into.toString()).toBe('0123456789');
});

test('a failed flush is never made good', async () => {
  let broken = true;
  const failing = changed({
    datasync: async () => {
      if (broken) throw Object.assign(new Error('medium'), { code: 'EIO' });
    },
  });
  const file = createRandomFile(name, { handle: failing, writable: true });
  await expect(file.flush()).rejects.toMatchObject({ code: 'unavailable', operation: 'flush' });
  broken = false;
  await expect(file.flush()).rejects.toMatchObject({ code: 'unavailable', operation: 'flush' });
});

test('one that was opened for reading refuses changes', async () => {
  const file = createRandomFile(name, { handle, writable: false });
  for (const change of [file.write(0, Buffer.from('x')), file.truncate(1), file.deallocate?.({ start: 0, end: 1 })]) {
    await expect(change).rejects.toMatchObject({ code: 'denied' });
  }
  await file.flush();
});

test('who reads by the number of the file is asked first, and the file closes when he has ended', async () => {
  const real = await open(join(folder.path, name), constants.O_RDWR);
  const file = createRandomFile(name, { handle: real, writable: true });
  await file.write(0, Buffer.from('0123456789'));
  const into = Buffer.alloc(4);
  await file.read(3, into, async (descriptor, offset) => {
    expect([descriptor, offset]).toEqual([real.fd, 3]);
    into.write('abcd');
    return true;
  });
  expect(into.toString()).toBe('abcd');
  await file.read(3, into, () => Promise.resolve(false));
  expect(into.toString()).toBe('3456');
  const failing = file.read(3, into, () => Promise.reject(Object.assign(new Error('medium'), { code: 'EIO' })));
  await expect(failing).rejects.toMatchObject({ code: 'corrupt' });

  let end = (): void => undefined;
  const going = file.read(0, into, () => new Promise((resolve) => (end = () => resolve(true))));
  let closed = false;
  const closing = file.close().then(() => (closed = true));
  await new Promise(setImmediate);
  expect(closed).toBe(false);
  end();
  await Promise.all([going, closing]);
});

test('its number is lent for writing, and it stays open as long', async () => {
  const path = join(folder.path, name);
  const own = await open(path, constants.O_RDWR);
  const file = createRandomFile(name, { handle: own, writable: true });
  let closed = false;
  const closing = file.lend?.(async (descriptor) => {
    await Promise.resolve();
    const end = file.close().then(() => (closed = true));
    writeSync(descriptor, 'by number', 3);
    expect(closed).toBe(false);
    return { end };
  });
  await (
    await closing
  )?.end;
  expect(closed).toBe(true);
  expect(readFileSync(path, 'latin1')).toBe('\0\0\0by number');
  expect(createRandomFile(name, { handle, writable: false }).lend).toBeUndefined();
});
