import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { makeScratch, run, startSamba } from '@sysimage/fixtures';
import { objectName, type Chunks } from '@sysimage/core/plugin';
import { chunksOf, joined, namesOf, openOn, text } from './fixture.js';

const name = objectName('a', 'object');
const range = { start: 0, end: 3 };
const piece = new Uint8Array(2 ** 20).fill(1);

test('a server that dies in the middle of writes: all of them reject, and so does every flush', async () => {
  await using samba = await startSamba();
  const target = await openOn(samba);
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  await file.write(0, piece);
  const writes = Array.from({ length: 64 }, (_, i) => file.write(i * piece.length, piece));
  const outcomes = Promise.allSettled(writes);
  await Promise.race(writes);
  const start = performance.now();
  await samba.kill();
  const failed = (await outcomes).filter(({ status }) => status === 'rejected');
  expect(failed.length).toBeGreaterThan(0);
  for (const each of failed) expect(each).toMatchObject({ reason: { code: 'unavailable', retry: 'later' } });
  expect(performance.now() - start).toBeLessThan(5000);
  await expect(file.flush()).rejects.toMatchObject({ code: 'unavailable', operation: 'flush' });
  await expect(target.stat(name)).rejects.toMatchObject({ code: 'unavailable' });

  // The target comes back by itself; the file never does, or it would vouch for writes that may be lost.
  await samba.restart();
  expect(await namesOf(target.list(''))).toEqual([name]);
  await expect(file.flush()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(file.write(0, piece)).rejects.toMatchObject({ code: 'unavailable' });
  await file.close();
  await (await target.facets.random.open(name, { exclusive: true })).close();
  await target.close();
});

test('a flush after writes that were acknowledged rejects when the server died in between, also once it is back', async () => {
  await using samba = await startSamba();
  const target = await openOn(samba);
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  await file.write(0, piece);
  await samba.restart();
  await target.put(objectName('other'), 3, chunksOf(text('new')));
  await expect(file.flush()).rejects.toMatchObject({ code: 'unavailable' });
  await file.close();
  await target.close();
});

test('a put that the death of the server cuts leaves the old object; a later one clears up', async () => {
  await using samba = await startSamba();
  const target = await openOn(samba);
  await target.put(name, 3, chunksOf(text('one')));
  const cut: Chunks = async function* chunks() {
    for (let i = 0; i < 8; i += 1) yield piece;
    await samba.kill();
    yield piece;
  };
  await expect(target.put(name, 9 * piece.length, cut)).rejects.toMatchObject({ code: 'unavailable' });
  const hidden = (): string[] => readdirSync(join(samba.folder, 'a')).filter((each) => each.startsWith('.'));
  expect(hidden()).toHaveLength(1);
  await samba.restart();
  expect((await joined(target.get(name, range))).toString()).toBe('one');
  expect(await namesOf(target.list(''))).toEqual([name]);

  // What lives is left alone, and so is what others hid.
  writeFileSync(join(samba.folder, 'a', '.other-program'), 'x');
  const slow: Chunks = async function* chunks() {
    yield text('th');
    const third = await openOn(samba);
    await third.put(objectName('a', 'third'), 3, chunksOf(text('3rd')));
    await third.close();
    yield text('ree');
  };
  await target.put(name, 5, slow);
  expect((await joined(target.get(name, { start: 0, end: 5 }))).toString()).toBe('three');
  expect(hidden()).toEqual(['.other-program']);
  await target.close();
});

test('a client that goes away in the middle of a put leaves nothing that anybody sees, and the next put clears up', async () => {
  await using samba = await startSamba();
  const target = await openOn(samba);
  const leaving: Chunks = async function* chunks() {
    yield piece;
    yield piece;
    await target.close();
    yield piece;
  };
  await expect(target.put(name, 3 * piece.length, leaving)).rejects.toMatchObject({ operation: 'put' });
  const again = await openOn(samba);
  expect(await namesOf(again.list(''))).toEqual([]);
  expect(readdirSync(join(samba.folder, 'a'))).toHaveLength(1);
  await again.put(name, 3, chunksOf(text('new')));
  expect(readdirSync(join(samba.folder, 'a'))).toEqual(['object']);
  await again.close();
});

test('a full disk says no-space, and the old object is whole', async () => {
  await using scratch = await makeScratch();
  const folder = scratch.at('mount');
  mkdirSync(folder);
  await run('truncate', '-s', '24M', scratch.at('disk.img'));
  await run('mkfs.ext4', '-q', '-F', scratch.at('disk.img'));
  await run('mount', '-o', 'loop', scratch.at('disk.img'), folder);
  await using samba = await startSamba({ folder });
  const target = await openOn(samba);
  await target.put(name, 3, chunksOf(text('one')));
  const pieces = Array.from({ length: 40 }, () => piece);
  await expect(target.put(name, 40 * piece.length, chunksOf(...pieces))).rejects.toMatchObject({ code: 'no-space' });
  expect((await joined(target.get(name, range))).toString()).toBe('one');
  expect(readdirSync(join(folder, 'a'))).toEqual(['object']);

  const image = objectName('a', 'image');
  const file = await target.facets.random.open(image, { create: true, exclusive: true });
  const fill = async (): Promise<void> => {
    for (let at = 0; at < 40; at += 1) await file.write(at * piece.length, piece);
    await file.flush();
  };
  await expect(fill()).rejects.toMatchObject({ code: 'no-space' });
  await file.close();
  await target.remove(image);
  await target.put(name, 3, chunksOf(text('two')));
  expect((await joined(target.get(name, range))).toString()).toBe('two');
  await target.close();
});
