import { objectName } from '@sysimage/core/plugin';
import { aName, holds, listed, openObject, pattern, put, readFile, same } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

/** Opening, and who keeps out whom. */
export const randomCases: readonly KitCase[] = [
  {
    name: 'random: a missing object is not-found, or made empty and visible',
    facet: 'random',
    run: async ({ target, reopen }) => {
      await mustReject(openObject(target, false), ['not-found'], 'open of a missing object');
      check((await listed(target, '')).length === 0, 'open without create made an object');
      const file = await openObject(target, true);
      check((await file.size()) === 0, 'a new object is not empty');
      await file.close();
      const again = await reopen();
      check((await again.stat(aName))?.size === 0, 'a created object is not visible to others');
      await again.close();
    },
  },
  {
    name: 'random: a second exclusive open is busy, until the first is closed',
    facet: 'random',
    run: async ({ target, reopen }) => {
      const other = await reopen();
      const file = await openObject(target, true);
      await mustReject(openObject(other, false), ['busy'], 'a second exclusive open');
      await file.write(0, pattern(10));
      await file.flush();
      await holds(other, aName, pattern(10), 'beside an exclusive open');
      await file.close();
      await (await openObject(other, false)).close();
      await other.close();
    },
  },
  {
    name: 'random: an object that was put opens, and what is written is got',
    facet: 'random',
    run: async ({ target }) => {
      const model = pattern(100_000);
      await put(target, aName, model);
      const file = await openObject(target, false);
      await file.write(50_000, pattern(100, 7));
      model.set(pattern(100, 7), 50_000);
      await file.flush();
      await file.close();
      await holds(target, aName, model, 'after a change in place');
    },
  },
  {
    name: 'random: opening beside an exclusive one, for reading, is never busy',
    facet: 'random',
    run: async ({ target, reopen }) => {
      await put(target, aName, pattern(1000));
      const other = await reopen();
      const exclusive = await openObject(target, false);
      const reader = await openObject(other, false, { exclusive: false });
      same(await readFile(reader, 0, 1000), pattern(1000), 'read beside an exclusive open');
      await reader.close();
      await exclusive.close();
      await other.close();
    },
  },
  {
    name: 'random: two open objects are apart',
    facet: 'random',
    run: async ({ target }) => {
      const name = objectName('kit', 'other');
      const [one, two] = [await openObject(target, true), await openObject(target, true, { name })];
      await Promise.all([one.write(0, pattern(50_000, 1)), two.write(0, pattern(60_000, 2))]);
      await Promise.all([one.flush(), two.flush()]);
      await one.close();
      await two.write(60_000, pattern(10, 3));
      await two.flush();
      check((await two.size()) === 60_010, 'closing another object did something to this one');
      await two.close();
      await holds(target, aName, pattern(50_000, 1), 'one of two open objects');
    },
  },
];
