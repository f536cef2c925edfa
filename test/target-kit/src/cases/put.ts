import { objectName, SysimageError, type Chunks } from '@sysimage/core/plugin';
import { aName, holds, listed, pattern, put, reusing, whole } from '../bytes.js';
import { check, mustReject, within } from '../check.js';
import type { KitCase, Place } from '../kit.js';

export const putCases: readonly KitCase[] = [
  {
    name: 'put: chunks that are too short or too long change nothing',
    run: async (place) => {
      const { target } = place;
      for (const [given, said] of [
        [999, 1000],
        [1001, 1000],
        [0, 1000],
        [1, 0],
        [70_000, 65_536],
      ] as const) {
        const wrong = whole(pattern(given, 9));
        await mustReject(target.put(aName, said, wrong), ['invalid'], `put of ${given} bytes as ${said}`);
        await nothingThere(place, `after a put of ${given} bytes as ${said}`);
      }
    },
  },
  {
    name: 'put: a failed one leaves the old object as it was',
    needsRewriting: true,
    run: async ({ target, reopen }) => {
      await put(target, aName, pattern(5000));
      await mustReject(target.put(aName, 100, whole(pattern(99))), ['invalid'], 'a short put over an object');
      await mustReject(target.put(aName, 9000, failing(4000)), ['unavailable'], 'chunks that fail');
      const again = await reopen();
      await holds(again, aName, pattern(5000), 'after failed puts');
      check((await listed(again, '')).join() === aName, 'a failed put left something behind');
      await again.close();
    },
  },
  {
    name: 'put: the error of failing chunks comes through, and nothing is there',
    run: async (place) => {
      await mustReject(place.target.put(aName, 9000, failing(4000)), ['unavailable'], 'chunks that fail');
      await nothingThere(place, 'after chunks that fail');
    },
  },
  {
    name: 'put: bytes are asked for again only when they are done with, and whoever gives them is let go',
    run: async ({ target }) => {
      const bytes = pattern(300_000, 4);
      let [open, begun, ended] = [0, 0, 0];
      const chunks: Chunks = async function* counted() {
        begun += 1;
        open += 1;
        try {
          check(open === 1, 'the bytes are asked for twice at once');
          yield* reusing(bytes, 7_000)();
        } finally {
          open -= 1;
          ended += 1;
        }
      };
      await target.put(aName, bytes.length, chunks);
      check(begun >= 1 && ended === begun, `the bytes were begun ${begun} times and ended ${ended} times`);
      await holds(target, aName, bytes, 'however often the bytes were asked for');
      const other = objectName('kit', 'too-long');
      await mustReject(target.put(other, 1000, chunks), ['invalid'], 'a put that is too long');
      check(open === 0, 'after a put that was refused nobody let go of the bytes');
    },
  },
  {
    name: 'put: aborted before and in the middle',
    run: async (place) => {
      const { target } = place;
      const early = new AbortController();
      early.abort();
      await mustReject(
        target.put(aName, 3, whole(pattern(3)), { signal: early.signal }),
        ['cancelled'],
        'a put that was cancelled before',
      );
      const late = new AbortController();
      const chunks: Chunks = async function* slow() {
        yield pattern(500_000);
        late.abort();
        yield pattern(500_000);
      };
      const work = target.put(aName, 1_000_000, chunks, { signal: late.signal });
      await within(mustReject(work, ['cancelled'], 'a put that was cancelled in the middle'), 20_000, 'an aborted put');
      await nothingThere(place, 'after an aborted put');
    },
  },
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
    needsRewriting: true,
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
    needsRewriting: true,
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
];

function failing(after: number): Chunks {
  return async function* chunks() {
    yield pattern(after);
    throw new SysimageError('unavailable', 'the source of the bytes is gone');
  };
}

async function nothingThere({ target, reopen }: Place, when: string): Promise<void> {
  check((await target.stat(aName)) === undefined, `${when}: the object is there`);
  const again = await reopen();
  check((await listed(again, '')).length === 0, `${when}: list shows something`);
  await again.close();
}
