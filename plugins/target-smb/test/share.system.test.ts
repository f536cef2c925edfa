import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectName, type Target } from '@sysimage/core/plugin';
import { chunksOf, joined, namesOf, openOn, text } from './fixture.js';
import { startSamba, type Samba } from '@sysimage/fixtures';

let samba: Samba;
let target: Target<'random' | 'capacity'>;
const name = objectName('a', 'object');

beforeAll(async () => {
  samba = await startSamba();
  target = await openOn(samba, { path: 'deep/down' });
});
afterAll(async () => {
  await target.close();
  await samba.stop();
});

const inside = (...names: readonly string[]): string => join(samba.folder, 'deep', 'down', ...names);

test('says what it is, without secrets', async () => {
  expect(target.traits).toEqual({
    identity: `smb:127.0.0.1:${samba.port}/data/deep/down`,
    location: `smb://127.0.0.1:${samba.port}/data/deep/down`,
    medium: 'share',
    physicalDisksUnknown: 'the share is served by this machine',
    writeOnce: false,
    singleVersion: true,
    transport: 'signed',
  });
  expect(target.capabilities).toMatchObject({ randomWrite: true, singleVersion: true, freeSpaceKnown: true });
  const keeping = await openOn(samba, { versions: 'keep' });
  expect(keeping.traits.singleVersion).toBe(false);
  await keeping.close();
  const { total = 0, free = 0 } = await target.facets.capacity.read();
  expect(free).toBeGreaterThan(0);
  expect(total).toBeGreaterThan(free);
});

test('an object is the file of its name, to everybody', async () => {
  const bytes = new Uint8Array(3_000_000).map((_, i) => i * 7);
  await target.put(name, bytes.length, chunksOf(bytes));
  expect(readFileSync(inside('a', 'object')).equals(bytes)).toBe(true);
  writeFileSync(inside('a', 'other'), 'from outside');
  expect((await joined(target.get(objectName('a', 'other'), { start: 5, end: 12 }))).toString()).toBe('outside');
});

test('stat, list and put agree on the state', async () => {
  const put = await target.put(objectName('state', 'one'), 5, chunksOf(text('bytes')));
  expect(await target.stat(put.name)).toEqual(put);
  for await (const listed of target.list(objectName('state'))) expect(listed).toEqual(put);
  const file = await target.facets.random.open(put.name, { exclusive: true });
  await file.write(0, text('B'));
  await file.flush();
  await file.close();
  expect((await target.stat(put.name))?.state).not.toBe(put.state);
});

test('writes and reads beyond 4 GiB', async () => {
  const file = await target.facets.random.open(objectName('large'), { create: true, exclusive: true });
  const at = 5 * 2 ** 30 + 3;
  const bytes = new Uint8Array(2_500_000).map((_, i) => i * 13);
  await file.write(at, bytes);
  await file.flush();
  expect(await file.size()).toBe(at + bytes.length);
  const into = new Uint8Array(bytes.length);
  await file.read(at, into);
  expect(Buffer.compare(into, bytes)).toBe(0);
  await file.close();
  expect(statSync(inside('large')).size).toBe(at + bytes.length);
  const tail = await joined(target.get(objectName('large'), { start: at - 1, end: at + 4 }));
  expect([...tail]).toEqual([0, 0, 13, 26, 39]);
  await target.remove(objectName('large'));
});

test('an exclusive open keeps writers out, never readers', async () => {
  const other = await openOn(samba, { path: 'deep/down' });
  const shared = objectName('shared');
  await target.put(shared, 3, chunksOf(text('one')));
  const file = await target.facets.random.open(shared, { exclusive: true });
  const beside = await other.facets.random.open(shared, { exclusive: false });
  await beside.read(0, new Uint8Array(3));
  expect((await joined(other.get(shared, { start: 0, end: 3 }))).toString()).toBe('one');
  await expect(beside.write(0, text('x'))).rejects.toMatchObject({ code: 'busy', retry: 'later' });
  await expect(other.remove(shared)).rejects.toMatchObject({ code: 'busy' });
  await file.close();
  await beside.write(0, text('x'));
  await beside.flush();
  await beside.close();
  expect(readFileSync(inside('shared'), 'utf8')).toBe('xne');
  await other.close();
});

test('what was opened to be read is not written to once another object has its name', async () => {
  const taken = objectName('taken');
  await target.put(taken, 3, chunksOf(text('one')));
  const file = await target.facets.random.open(taken, { exclusive: false });
  const other = await openOn(samba, { path: 'deep/down' });
  await other.remove(taken);
  await other.put(taken, 3, chunksOf(text('two')));
  await expect(file.write(0, text('x'))).rejects.toMatchObject({ code: 'not-found' });
  const into = new Uint8Array(3);
  await file.read(0, into);
  expect(Buffer.from(into).toString()).toBe('one');
  expect(readFileSync(inside('taken'), 'utf8')).toBe('two');
  await file.close();
  await other.close();
});

test('a put over an object that is being read waits for the reader', async () => {
  const read = objectName('read');
  await target.put(read, 5_000_000, chunksOf(new Uint8Array(5_000_000).fill(1)));
  const reader = target.get(read, { start: 0, end: 5_000_000 })[Symbol.asyncIterator]();
  await reader.next();
  const putting = target.put(read, 3, chunksOf(text('new')));
  let rest = 0;
  for (let next = await reader.next(); next.done !== true; next = await reader.next()) rest += next.value.length;
  expect(rest).toBe(5_000_000 - 2 ** 20);
  expect((await putting).size).toBe(3);
  expect((await joined(target.get(read, { start: 0, end: 3 }))).toString()).toBe('new');
});

test('an object that is being read can be removed, and the name is free at once', async () => {
  const gone = objectName('gone', 'object');
  const bytes = new Uint8Array(9_000_000).fill(7);
  await target.put(gone, bytes.length, chunksOf(bytes));
  const reader = target.get(gone, { start: 0, end: bytes.length })[Symbol.asyncIterator]();
  await reader.next();
  await target.remove(gone);
  expect(await target.stat(gone)).toBeUndefined();
  expect(await namesOf(target.list(objectName('gone')))).toEqual([]);
  await target.put(gone, 3, chunksOf(text('new')));
  let rest = 0;
  for (let next = await reader.next(); next.done !== true; next = await reader.next()) rest += next.value.length;
  expect(rest).toBe(bytes.length - 2 ** 20);
  expect(readdirSync(inside('gone'))).toEqual(['object']);
});

test('a folder in the place of an object, and an object in the place of a folder', async () => {
  mkdirSync(inside('folder', 'below'), { recursive: true });
  await expect(target.put(objectName('folder'), 1, chunksOf(text('x')))).rejects.toMatchObject({
    code: 'already-exists',
  });
  expect(await target.stat(objectName('folder'))).toBeUndefined();
  await expect(
    target.facets.random.open(objectName('folder'), { create: true, exclusive: true }),
  ).rejects.toMatchObject({ code: 'already-exists' });
  await target.put(objectName('file'), 1, chunksOf(text('x')));
  await expect(target.put(objectName('file', 'below'), 1, chunksOf(text('x')))).rejects.toMatchObject({
    code: 'already-exists',
  });
  expect(readdirSync(inside()).filter((each) => each.startsWith('.'))).toEqual([]);
});

test('a folder that someone removed meanwhile is made again', async () => {
  await target.put(objectName('again', 'one'), 1, chunksOf(text('1')));
  rmSync(inside('again'), { recursive: true });
  await target.put(objectName('again', 'two'), 1, chunksOf(text('2')));
  expect(readdirSync(inside('again'))).toEqual(['two']);
});
