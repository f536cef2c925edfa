import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { completeTarget, objectName, type Target } from '@sysimage/core/plugin';
import { openFolder } from '../src/index.js';
import { chunksOf, host, joined, namesOf, temporaryFolder, text } from './fixture.js';

let folder: ReturnType<typeof temporaryFolder>;
let root: string;
let outside: string;
let target: Target<'random' | 'capacity'>;
const range = { start: 0, end: 3 };

beforeEach(async () => {
  folder = temporaryFolder();
  root = join(folder.path, 'root');
  outside = join(folder.path, 'outside');
  mkdirSync(join(root, 'a'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  target = completeTarget<'random' | 'capacity'>(await openFolder({ kind: 'dir', path: root }, host, 'write'));
});
afterEach(() => folder.cleanUp());

test('a link in the place of an object is no object; a put replaces the link, not what it points to', async () => {
  const name = objectName('a', 'link');
  symlinkSync(join(outside, 'secret'), join(root, name));
  expect(await target.stat(name)).toBeUndefined();
  expect(await namesOf(target.list(''))).toEqual([]);
  await expect(joined(target.get(name, range))).rejects.toMatchObject({ code: 'not-found' });
  const open = (create: boolean): Promise<unknown> => target.facets.random.open(name, { create, exclusive: true });
  await expect(open(false)).rejects.toMatchObject({ code: 'not-found' });
  await expect(open(true)).rejects.toMatchObject({ code: 'already-exists' });
  await target.put(name, 3, chunksOf(text('one')));
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  expect((await joined(target.get(name, range))).toString()).toBe('one');
});

test('a link in the place of a folder is not followed', async () => {
  symlinkSync(outside, join(root, 'b'));
  const secret = objectName('b', 'secret');
  const fresh = objectName('b', 'fresh');
  expect(await target.stat(secret)).toBeUndefined();
  expect(await namesOf(target.list(''))).toEqual([]);
  expect(await namesOf(target.list(objectName('b')))).toEqual([]);
  await expect(joined(target.get(secret, range))).rejects.toMatchObject({ code: 'not-found' });
  await expect(target.put(fresh, 3, chunksOf(text('one')))).rejects.toMatchObject({ code: 'denied' });
  await expect(target.facets.random.open(fresh, { create: true, exclusive: true })).rejects.toMatchObject({
    code: 'denied',
  });
  await target.remove(secret);
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  expect(existsSync(join(outside, 'fresh'))).toBe(false);
});

test('a pipe in the place of an object keeps nobody waiting', async () => {
  const name = objectName('a', 'pipe');
  execFileSync('mkfifo', [join(root, name)]);
  expect(await target.stat(name)).toBeUndefined();
  expect(await namesOf(target.list(''))).toEqual([]);
  await expect(joined(target.get(name, range))).rejects.toMatchObject({ code: 'not-found' });
  await expect(target.facets.random.open(name, { exclusive: false })).rejects.toMatchObject({ code: 'not-found' });
});
