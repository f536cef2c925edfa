import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { completeTarget, objectName, type Target } from '@sysimage/core/plugin';
import { openFolder } from '../src/index.js';
import { chunksOf, host, joined, namesOf, temporaryFolder, text } from './fixture.js';

let folder: ReturnType<typeof temporaryFolder>;
const name = objectName('a', 'object');
const range = { start: 0, end: 3 };

const fresh = async (): Promise<Target<'random' | 'capacity'>> =>
  completeTarget<'random' | 'capacity'>(await openFolder({ kind: 'dir', path: folder.path }, host, 'write'));
const leftovers = (): string[] => readdirSync(join(folder.path, 'a')).filter((each) => each.startsWith('.'));
const put = async (): Promise<unknown> => (await fresh()).put(objectName('a', 'other'), 1, chunksOf(text('x')));

function makeOld(): void {
  for (const each of leftovers()) utimesSync(join(folder.path, 'a', each), 1e9, 1e9);
}

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.cleanUp());

test('a process killed in the middle of a put leaves the old object; a later put clears up', async () => {
  const target = await fresh();
  await target.put(name, 3, chunksOf(text('one')));
  const child = fork(join(import.meta.dirname, 'child.js'), ['put', folder.path, name], { stdio: 'inherit' });
  await once(child, 'message');
  makeOld();
  // However old it looks: its writer lives.
  await put();
  expect(leftovers()).toHaveLength(1);

  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await joined(target.get(name, range))).toString()).toBe('one');
  expect(await namesOf(target.list(''))).toEqual(['a/object', 'a/other']);
  expect(leftovers()).toHaveLength(1);
  await put();
  expect(leftovers()).toEqual([]);
});

test('one that was written lately stays, and so does what others left', async () => {
  mkdirSync(join(folder.path, 'a'));
  const lately = `.sysimage-put-${'0'.repeat(32)}`;
  writeFileSync(join(folder.path, 'a', lately), 'x');
  await put();
  expect(leftovers()).toEqual([lately]);
  writeFileSync(join(folder.path, 'a', '.other-program'), 'x');
  makeOld();
  await put();
  expect(leftovers()).toEqual(['.other-program']);
});
