import { isSysimageError, objectName, type Chunks } from '@sysimage/core/plugin';
import { aName, holds, pattern, put, same } from '../bytes.js';
import { check, describe } from '../check.js';
import type { KitCase } from '../kit.js';

export const concurrentCases: readonly KitCase[] = [
  {
    name: 'put: many at once, of different objects',
    run: async ({ target, reopen }) => {
      const names = Array.from({ length: 16 }, (_, i) => objectName('many', `object-${i}`));
      await Promise.all(names.map((name, i) => put(target, name, pattern(30_000 + i, i))));
      const again = await reopen();
      for (const [i, name] of names.entries())
        await holds(again, name, pattern(30_000 + i, i), `put ${i} of 16 at once`);
      await again.close();
    },
  },
  {
    name: 'put: many at once, of one object: one of them, whole',
    needs: 'rewriting',
    run: async ({ target }) => {
      const all = [1, 2, 3, 4, 5, 6].map((seed) => pattern(100_000 + seed, seed));
      const outcomes = await Promise.allSettled(all.map((bytes) => put(target, aName, bytes)));
      check(
        outcomes.some(({ status }) => status === 'fulfilled'),
        'of many puts of one object none was accepted',
      );
      const stat = await target.stat(aName);
      const winner = all.find((bytes) => bytes.length === stat?.size);
      check(winner !== undefined, `the object has ${stat?.size} bytes, as none of the puts`);
      await holds(target, aName, winner, 'after many puts of one object');
    },
  },
  {
    name: 'put: no reader sees a part of it',
    needs: 'rewriting',
    run: async ({ target }) => {
      await put(target, aName, pattern(1000, 1));
      let during: number | undefined;
      const chunks: Chunks = async function* watched() {
        yield pattern(200_000, 2).subarray(0, 100_000);
        during = (await target.stat(aName))?.size;
        yield pattern(200_000, 2).subarray(100_000);
      };
      await target.put(aName, 200_000, chunks);
      check(during === 1000, `in the middle of a put stat says ${during} bytes instead of the old 1000`);
      await holds(target, aName, pattern(200_000, 2), 'after the put');
    },
  },
  {
    name: 'put: whoever began to read the old object gets all of it, or an error',
    needs: 'rewriting',
    run: async ({ target }) => {
      const old = pattern(3_000_000, 1);
      await put(target, aName, old);
      const reader = target.get(aName, { start: 0, end: old.length })[Symbol.asyncIterator]();
      const parts: Uint8Array[] = [];
      const first = await reader.next();
      if (first.done !== true) parts.push(first.value.slice());
      // Some media make a put wait for readers, so it goes on beside the reading, with a head start.
      const replacing = put(target, aName, pattern(old.length, 2)).then(
        () => undefined,
        (error: unknown) => error,
      );
      await Promise.race([replacing, pause(300)]);
      let failure: unknown;
      try {
        for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
          parts.push(next.value.slice());
        }
      } catch (error) {
        failure = error;
      }
      check(failure === undefined || isSysimageError(failure), `the reader's error is ${describe(failure)}`);
      if (failure === undefined) same(new Uint8Array(Buffer.concat(parts)), old, 'read while it was replaced');
      const refused = await replacing;
      check(refused === undefined || isSysimageError(refused, 'busy'), `a put beside a reader: ${describe(refused)}`);
      await holds(target, aName, refused === undefined ? pattern(old.length, 2) : old, 'after reader and put');
    },
  },
];

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
