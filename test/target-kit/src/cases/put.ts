import { objectName, SysimageError, type Chunks } from '@sysimage/core/plugin';
import { aName, all, holds, listed, nothingThere, pattern, put, reusing, whole } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

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
    needs: 'rewriting',
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
    name: 'put: chunks of any size, empty ones too, and parts of larger buffers',
    run: async ({ target }) => {
      const large = pattern(400_000, 5);
      const sizes = [0, 1, 1, 0, 65_535, 2, 100_000, 0, 3];
      let size = 0;
      const chunks: Chunks = async function* uneven() {
        let at = 1000;
        for (const length of sizes) {
          yield large.subarray(at, at + length);
          at += length;
        }
      };
      for (const length of sizes) size += length;
      await target.put(aName, size, chunks);
      await holds(target, aName, large.subarray(1000, 1000 + size), 'from chunks of many sizes');
    },
  },
  {
    name: 'put: tells the name, the size, and the state that stat and get know',
    run: async ({ target }) => {
      const told = await target.put(aName, 3000, whole(pattern(3000)));
      check(told.name === aName && told.size === 3000, `put says ${told.name} and ${told.size} bytes`);
      const found = await target.stat(aName);
      check(told.state === undefined || told.state === found?.state, 'the state of put is not that of stat');
      const [one] = await all(target.list(objectName('kit')));
      check(one?.state === undefined || one.state === found?.state, 'the state of list is not that of stat');
      const state = found?.state;
      if (state === undefined) return;
      let length = 0;
      for await (const chunk of target.get(aName, { start: 0, end: 3000 }, { state })) length += chunk.length;
      check(length === 3000, 'get does not know the state that stat told');
    },
  },
];

function failing(after: number): Chunks {
  return async function* chunks() {
    yield pattern(after);
    throw new SysimageError('unavailable', 'the source of the bytes is gone');
  };
}
