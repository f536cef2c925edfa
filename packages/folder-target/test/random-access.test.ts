import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { completeTarget, objectName, type Target } from '@sysimage/core/plugin';
import { openFolder } from '../src/index.js';
import { chunksOf, host, joined, temporaryFolder, text } from './fixture.js';

let folder: ReturnType<typeof temporaryFolder>;
let target: Target<'random' | 'capacity'>;
const name = objectName('disk-1', 'image.vhd');

beforeEach(async () => {
  folder = temporaryFolder();
  target = completeTarget<'random' | 'capacity'>(await openFolder({ kind: 'dir', path: folder.path }, host, 'write'));
});
afterEach(() => folder.cleanUp());

test('opens only what is there, unless it may create', async () => {
  await expect(target.facets.random.open(name, { exclusive: false })).rejects.toMatchObject({ code: 'not-found' });
  await (await target.facets.random.open(name, { create: true, exclusive: false })).close();
  expect(await target.stat(name)).toMatchObject({ size: 0 });
  await (await target.facets.random.open(name, { create: true, exclusive: true })).close();
});

test('reads and writes anywhere; what was never written reads as zeros', async () => {
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  const before = await target.stat(name);
  const bytes = Buffer.from('abc');
  await file.write(5_000_000, bytes);
  bytes.fill(0);
  await file.truncate(6_000_000);
  expect(await file.size()).toBe(6_000_000);
  const into = new Uint8Array(5);
  await file.read(4_999_999, into);
  expect([...into]).toEqual([0, 97, 98, 99, 0]);
  await expect(file.read(5_999_998, into)).rejects.toMatchObject({ code: 'corrupt', context: { offset: 6_000_000 } });
  await file.flush();
  await file.truncate(5_000_002);
  await file.flush();
  expect((await target.stat(name))?.state).not.toBe(before?.state);
  expect((await joined(target.get(name, { start: 5_000_000, end: 5_000_002 }))).toString()).toBe('ab');
  await file.close();
  await file.close();
  await expect(file.write(0, into)).rejects.toMatchObject({ code: 'invalid' });
});

test('a deallocated range reads as zeros and takes no space; the size stays', async () => {
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  const bytes = Buffer.alloc(4 * 2 ** 20, 7);
  await file.write(0, bytes);
  await file.flush();
  const before = statSync(join(folder.path, name)).blocks;
  await file.deallocate?.({ start: 2 ** 20, end: 3 * 2 ** 20 + 1 });
  await file.deallocate?.({ start: 4 * 2 ** 20 - 1, end: 5 * 2 ** 20 });
  bytes.fill(0, 2 ** 20, 3 * 2 ** 20 + 1);
  bytes.fill(0, 4 * 2 ** 20 - 1);
  const into = new Uint8Array(4 * 2 ** 20);
  await file.read(0, into);
  expect(bytes.equals(into)).toBe(true);
  expect(await file.size()).toBe(4 * 2 ** 20);
  await file.flush();
  expect(statSync(join(folder.path, name)).blocks).toBeLessThan(before);
  await file.close();
});

test('a second exclusive open is busy in this process; reading goes on', async () => {
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  const again = (): Promise<unknown> => target.facets.random.open(name, { exclusive: true });
  await expect(again()).rejects.toMatchObject({ code: 'busy' });
  const reader = await target.facets.random.open(name, { exclusive: false });
  await reader.close();
  // Closing another descriptor of the file must not drop the lock.
  await expect(again()).rejects.toMatchObject({ code: 'busy' });
  await file.close();
  await (await target.facets.random.open(name, { exclusive: true })).close();
});

test('an object that was put anew is another file', async () => {
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  await target.put(name, 1, chunksOf(text('x')));
  await (await target.facets.random.open(name, { exclusive: true })).close();
  await file.close();
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function started(kind: string): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'child.js'), [kind, folder.path, name], { stdio: 'inherit' });
  children.push(child);
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the child ended too early, with ${String(code)}`);
  });
  died.catch(() => undefined);
  await Promise.race([once(child, 'message'), died]);
  return child;
}

test('another process is busy until it dies', async () => {
  const child = await started('lock');
  await expect(target.facets.random.open(name, { exclusive: true })).rejects.toMatchObject({ code: 'busy' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await target.facets.random.open(name, { exclusive: true })).close();
});

test('an object that ends while it is read is corrupt', async () => {
  await target.put(name, 3 * 2 ** 20, chunksOf(new Uint8Array(3 * 2 ** 20)));
  const reading = target.get(name, { start: 0, end: 3 * 2 ** 20 })[Symbol.asyncIterator]();
  await reading.next();
  truncateSync(join(folder.path, name), 2 ** 20);
  await expect(reading.next()).rejects.toMatchObject({ code: 'corrupt', context: { offset: 2 ** 20 } });
});
