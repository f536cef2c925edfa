import type { RandomFile, Target } from '@sysimage/core/plugin';
import { aName, holds, listed, pattern, put, same } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

async function open(target: Target, create: boolean, exclusive = true): Promise<RandomFile> {
  const { random } = target.facets;
  check(random !== undefined, 'the facet random is missing');
  return random.open(aName, { create, exclusive });
}

async function readFile(file: RandomFile, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await file.read(offset, bytes);
  return bytes;
}

export const randomCases: readonly KitCase[] = [
  {
    name: 'random: a missing object is not-found, or made empty and visible',
    facet: 'random',
    run: async ({ target, reopen }) => {
      await mustReject(open(target, false), ['not-found'], 'open of a missing object');
      check((await listed(target, '')).length === 0, 'open without create made an object');
      const file = await open(target, true);
      check((await file.size()) === 0, 'a new object is not empty');
      await file.close();
      const again = await reopen();
      check((await again.stat(aName))?.size === 0, 'a created object is not visible to others');
      await again.close();
    },
  },
  {
    name: 'random: writes anywhere, reads anywhere, what was never written is zero',
    facet: 'random',
    run: async ({ target, reopen }) => {
      const model = new Uint8Array(700_000);
      const file = await open(target, true);
      for (const [offset, length, seed] of [
        [600_000, 100_000, 1],
        [0, 1, 2],
        [4095, 2, 3],
        [65_530, 200_000, 4],
        [100_000, 10, 5],
      ] as const) {
        const bytes = pattern(length, seed);
        const given = bytes.slice();
        await file.write(offset, given);
        given.fill(0xee); // the bytes belong to the caller again
        model.set(bytes, offset);
      }
      same(await readFile(file, 0, model.length), model, 'before the flush');
      await file.flush();
      check((await file.size()) === model.length, `the size is ${await file.size()}`);
      same(await readFile(file, 65_000, 70_000), model.subarray(65_000, 135_000), 'a part');
      await file.close();
      const again = await reopen();
      await holds(again, aName, model, 'after flush and opening anew');
      await again.close();
    },
  },
  {
    name: 'random: reading beyond the end is corrupt',
    facet: 'random',
    run: async ({ target }) => {
      await put(target, aName, pattern(1000));
      const file = await open(target, false);
      await mustReject(readFile(file, 999, 2), ['corrupt'], 'reading over the end');
      await mustReject(readFile(file, 5000, 1), ['corrupt'], 'reading behind the end');
      same(await readFile(file, 999, 1), pattern(1000).subarray(999), 'the last byte');
      await file.close();
    },
  },
  {
    name: 'random: truncate cuts, and grows with zeros even where bytes were before',
    facet: 'random',
    run: async ({ target, reopen }) => {
      const file = await open(target, true);
      await file.write(0, pattern(200_000));
      await file.truncate(70_001);
      check((await file.size()) === 70_001, 'truncate did not cut');
      await file.truncate(200_000);
      const model = new Uint8Array(200_000);
      model.set(pattern(200_000).subarray(0, 70_001));
      same(await readFile(file, 0, 200_000), model, 'after cutting and growing');
      await file.flush();
      await file.close();
      const again = await reopen();
      await holds(again, aName, model, 'after truncate, flush and opening anew');
      await again.close();
    },
  },
  {
    name: 'random: deallocated ranges are zero, the size stays',
    facet: 'random',
    run: async ({ target }) => {
      const file = await open(target, true);
      if (file.deallocate !== undefined) {
        const model = pattern(300_000);
        await file.write(0, model);
        await file.deallocate({ start: 65_000, end: 200_001 });
        model.fill(0, 65_000, 200_001);
        await file.flush();
        same(await readFile(file, 0, model.length), model, 'after deallocate');
        check((await file.size()) === model.length, 'deallocate changed the size');
      }
      await file.close();
    },
  },
  {
    name: 'random: many writes at once all arrive',
    facet: 'random',
    run: async ({ target }) => {
      const model = pattern(64 * 8192);
      const file = await open(target, true);
      await Promise.all(
        Array.from({ length: 64 }, (_, i) => file.write(i * 8192, model.subarray(i * 8192, (i + 1) * 8192))),
      );
      await file.flush();
      same(await readFile(file, 0, model.length), model, 'after 64 writes at once');
      await file.close();
    },
  },
  {
    name: 'random: a second exclusive open is busy, until the first is closed',
    facet: 'random',
    run: async ({ target, reopen }) => {
      const other = await reopen();
      const file = await open(target, true);
      await mustReject(open(other, false), ['busy'], 'a second exclusive open');
      await file.write(0, pattern(10));
      await file.flush();
      await holds(other, aName, pattern(10), 'beside an exclusive open');
      await file.close();
      await (await open(other, false)).close();
      await other.close();
    },
  },
  {
    name: 'random: an object that was put opens, and what is written is got',
    facet: 'random',
    run: async ({ target }) => {
      const model = pattern(100_000);
      await put(target, aName, model);
      const file = await open(target, false);
      await file.write(50_000, pattern(100, 7));
      model.set(pattern(100, 7), 50_000);
      await file.flush();
      await file.close();
      await holds(target, aName, model, 'after a change in place');
    },
  },
];
