import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { completeTarget, objectName, type Target } from '@sysimage/core/plugin';
import { openFolder } from '../src/index.js';
import { chunksOf, host, imageFile, joined, namesOf, run, temporaryFolder, text } from './fixture.js';

// Real file systems on loop devices: needs root.

let folder: ReturnType<typeof temporaryFolder>;
let mountPoint: string;
const name = objectName('a', 'object');
const range = { start: 0, end: 3 };
const size = 32 * 2 ** 20;

beforeEach(() => {
  folder = temporaryFolder();
  mountPoint = join(folder.path, 'mount');
  mkdirSync(mountPoint);
});
afterEach(() => {
  run('umount', mountPoint);
  folder.cleanUp();
});

function mountExt4(): void {
  const image = imageFile(join(folder.path, 'ext4.img'), size);
  run('mkfs.ext4', '-q', '-F', image);
  run('mount', '-o', 'loop', image, mountPoint);
}

function mountNtfs(): void {
  const image = imageFile(join(folder.path, 'ntfs.img'), size);
  run('mkntfs', '-q', '-F', '-f', image);
  run('mount', '-t', 'ntfs-3g', image, mountPoint);
}

const opened = async (path = mountPoint): Promise<Target<'random' | 'capacity'>> =>
  completeTarget<'random' | 'capacity'>(await openFolder({ kind: 'dir', path }, host, 'write'));

for (const [kind, mount] of [
  ['ext4', mountExt4],
  ['ntfs-3g', mountNtfs],
] as const) {
  test(`a full ${kind} says no-space, and the old object is whole`, async () => {
    mount();
    const target = await opened();
    await target.put(name, 3, chunksOf(text('one')));
    const { free = 0, total = 0 } = await target.facets.capacity.read();
    expect(total).toBeLessThanOrEqual(size);
    expect(free).toBeLessThan(total);
    const piece = new Uint8Array(2 ** 20).fill(1);
    const pieces = Array.from({ length: 40 }, () => piece);
    await expect(target.put(name, 40 * 2 ** 20, chunksOf(...pieces))).rejects.toMatchObject({ code: 'no-space' });
    expect((await joined(target.get(name, range))).toString()).toBe('one');
    expect(readdirSync(join(mountPoint, 'a'))).toEqual(['object']);

    const file = await target.facets.random.open(objectName('a', 'image'), { create: true, exclusive: true });
    const fill = async (): Promise<void> => {
      for (let at = 0; at < 40; at += 1) await file.write(at * 2 ** 20, piece);
      await file.flush();
    };
    await expect(fill()).rejects.toMatchObject({ code: 'no-space' });
    await file.close();
    await target.remove(objectName('a', 'image'));
    await target.put(name, 3, chunksOf(text('two')));
    expect((await joined(target.get(name, range))).toString()).toBe('two');
  });
}

test('on NTFS: locks, holes and zeros', async () => {
  mountNtfs();
  const target = await opened();
  expect(target.traits.fileSystem).toBe('fuse');
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  await expect(target.facets.random.open(name, { exclusive: true })).rejects.toMatchObject({ code: 'busy' });
  await file.write(20 * 2 ** 20, new Uint8Array(2 ** 20).fill(1));
  await file.deallocate?.({ start: 0, end: 20 * 2 ** 20 + 5 });
  await file.flush();
  const into = new Uint8Array(6);
  await file.read(20 * 2 ** 20, into);
  expect([...into]).toEqual([0, 0, 0, 0, 0, 1]);
  expect(statSync(join(mountPoint, name)).blocks * 512).toBeLessThan(2 * 2 ** 20);
  await file.close();
});

test('a read-only mount can be read, and says denied to the rest', async () => {
  mountExt4();
  await (await opened()).put(name, 3, chunksOf(text('one')));
  run('mount', '-o', 'remount,ro', mountPoint);
  const target = await opened();
  expect((await joined(target.get(name, range))).toString()).toBe('one');
  expect(await namesOf(target.list(''))).toEqual([name]);
  const file = await target.facets.random.open(name, { exclusive: false });
  await file.read(0, new Uint8Array(3));
  await expect(file.write(0, text('x'))).rejects.toMatchObject({ code: 'denied' });
  await file.close();
  await expect(target.put(name, 3, chunksOf(text('two')))).rejects.toMatchObject({ code: 'denied' });
  await expect(target.remove(name)).rejects.toMatchObject({ code: 'denied' });
  await expect(target.facets.random.open(name, { exclusive: true })).rejects.toMatchObject({ code: 'denied' });
  const missing = await opened(join(mountPoint, 'not', 'there'));
  expect(await missing.stat(name)).toBeUndefined();
  await expect(missing.put(name, 3, chunksOf(text('two')))).rejects.toMatchObject({ code: 'denied' });
});

test('a read-only bind mount opens without a trace', async () => {
  const real = join(folder.path, 'real');
  mkdirSync(real);
  await (await opened(real)).put(name, 3, chunksOf(text('one')));
  run('mount', '--bind', real, mountPoint);
  run('mount', '-o', 'remount,bind,ro', mountPoint);
  const target = await opened();
  expect((await joined(target.get(name, range))).toString()).toBe('one');
  await expect(target.put(name, 3, chunksOf(text('two')))).rejects.toMatchObject({ code: 'denied' });
  expect(readdirSync(join(real, 'a'))).toEqual(['object']);
});
