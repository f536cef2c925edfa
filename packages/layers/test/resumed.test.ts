import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  objectName,
  SysimageError,
  type ErrorCode,
  type GetOptions,
  type Retry,
  type Target,
} from '@sysimage/core/plugin';
import { retrying } from '../src/index.js';
import { all, name, RecordingTarget, stat } from './recording-target.js';
import { VirtualClock } from './virtual-clock.js';

const settings = { tries: 4, pause: 100, longestPause: 250 };
const random = { bytes: (length: number): Uint8Array => new Uint8Array(length) };
const failure = (retry: Retry = 'later', code: ErrorCode = 'unavailable'): SysimageError =>
  new SysimageError(code, 'the line is cut', { retry });

describe('get', () => {
  const size = 5 * 2 ** 20;
  const content = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255);

  interface Script {
    /** After how many bytes each try is cut off. */
    readonly cuts: readonly number[];
    readonly piece: number;
    readonly states: readonly (string | undefined)[];
  }

  /** What the bytes of an object are mixed with: another number for each state, or for each try where there are no states. */
  const maskOf = (state: string | undefined, index: number): number =>
    state === 'same' ? 0 : state === undefined ? 128 + index : state.charCodeAt(0);

  /** A target whose gets are cut off by a script. Its object changes from try to try as the states say. */
  function cutTarget(script: Script): { target: Target; asked: { start: number; end: number; options: unknown }[] } {
    const asked: { start: number; end: number; options: unknown }[] = [];
    const stateAt = (index: number): string | undefined => script.states[Math.min(index, script.states.length - 1)];
    const target: Target = {
      ...new RecordingTarget().open(),
      stat: async () => {
        const state = stateAt(asked.length);
        return { name, size, ...(state === undefined ? {} : { state }) };
      },
      async *get(_name, { start, end }, options?: GetOptions) {
        const index = asked.length;
        asked.push({ start, end, options });
        const state = stateAt(index);
        if (options?.state !== undefined && options.state !== state) throw failure('never', 'not-found');
        const cut = start + (script.cuts[index] ?? Number.POSITIVE_INFINITY);
        const mask = maskOf(state, index);
        for (let at = start; at < Math.min(end, cut); at += script.piece) {
          yield content.subarray(at, Math.min(at + script.piece, end, cut)).map((byte) => byte ^ mask);
        }
        if (cut < end || (cut === end && script.cuts[index] !== undefined)) throw failure();
      },
    };
    return { target, asked };
  }

  async function read(target: Target, range: { start: number; end: number }, options?: GetOptions) {
    const clock = new VirtualClock();
    const found = new Uint8Array(size * 2);
    let at = 0;
    const reading = async (): Promise<void> => {
      for await (const chunk of retrying(target, { clock, random, ...settings, tries: 12 }).get(name, range, options)) {
        found.set(chunk, at);
        at += chunk.length;
      }
    };
    const error: unknown = await clock.run(reading()).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    return { bytes: found.subarray(0, at), error };
  }

  const cuts = fc.array(fc.oneof(fc.nat(10), fc.nat(size), fc.constant(size)), { maxLength: 5 });
  const piece = fc.integer({ min: 100_000, max: 2 ** 21 });

  test('with a state: every byte once, from where it was, under the same state', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, piece, fc.nat(size), fc.nat(size), async (each, length, one, two) => {
        const range = { start: Math.min(one, two), end: Math.max(one, two) };
        const { target, asked } = cutTarget({ cuts: each, piece: length, states: ['same'] });
        const options = { state: 'same' };
        const found = await read(target, range, options);
        expect(found.error).toBeUndefined();
        expect(Buffer.compare(found.bytes, content.subarray(range.start, range.end))).toBe(0);
        let at = range.start;
        asked.forEach((call, i) => {
          expect(call).toEqual({ start: at, end: range.end, options });
          at += each[i] ?? 0;
        });
      }),
      { numRuns: 25 },
    );
  });

  test('without a state: all bytes are of one object, or it fails', async () => {
    const states = fc.array(fc.constantFrom('a', 'b', undefined), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(cuts, piece, states, fc.boolean(), async (each, length, all_, isSmall) => {
        const range = { start: 0, end: isSmall ? 4 * 2 ** 20 : size };
        const { target, asked } = cutTarget({ cuts: each, piece: length, states: all_ });
        const found = await read(target, range);
        if (found.error !== undefined) {
          expect(found.error).toMatchObject({ code: 'unavailable', retry: 'later' });
          expect(isSmall).toBe(false);
          return;
        }
        const mask = (found.bytes[0] ?? 0) ^ (content[0] ?? 0);
        expect(
          [...asked.keys()].flatMap((index) => [maskOf('a', 0), maskOf('b', 0), maskOf(undefined, index)]),
        ).toContain(mask);
        const wanted = content.subarray(0, range.end).map((byte) => byte ^ mask);
        expect(Buffer.compare(found.bytes, wanted)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  test('without a state, of one that stays: gone on with', async () => {
    const { target, asked } = cutTarget({ cuts: [2 ** 20, 7], piece: 2 ** 19, states: ['same'] });
    const found = await read(target, { start: 0, end: size });
    expect(Buffer.compare(found.bytes, content)).toBe(0);
    expect(asked.map(({ start, options }) => [start, options])).toEqual([
      [0, undefined],
      [2 ** 20, { state: 'same' }],
      [2 ** 20 + 7, { state: 'same' }],
    ]);
  });

  test('a line that is cut behind the last byte costs no further call', async () => {
    const { target, asked } = cutTarget({ cuts: [size], piece: 2 ** 20, states: ['same'] });
    const found = await read(target, { start: 0, end: size }, { state: 'same' });
    expect([found.error, found.bytes.length, asked.length]).toEqual([undefined, size, 1]);
  });

  test('one that went on counts its tries anew; one that hardly does ends', async () => {
    const options = { state: 'same' };
    const slow = cutTarget({ cuts: Array.from({ length: 50 }, () => 1), piece: 2 ** 20, states: ['same'] });
    expect((await read(slow.target, { start: 0, end: size }, options)).error).toMatchObject({ retry: 'exhausted' });
    expect(slow.asked).toHaveLength(12);
    const clock = new VirtualClock();
    const steady = cutTarget({ cuts: [2 ** 20, 2 ** 20, 2 ** 20, 2 ** 20], piece: 2 ** 20, states: ['same'] });
    const target = retrying(steady.target, { clock, random, ...settings, tries: 2 });
    expect(await clock.run(all(target.get(name, { start: 0, end: size }, options)))).toHaveLength(5);
  });

  test('more than the range is not passed on, a reader who leaves ends it', async () => {
    const { target } = cutTarget({ cuts: [], piece: 2 ** 20, states: ['same'] });
    const greedy: Target = { ...target, get: (_, { start, end }) => target.get(name, { start, end: end + 1 }) };
    expect((await read(greedy, { start: 0, end: 10 })).error).toMatchObject({ code: 'corrupt' });
    let left = false;
    const watched: Target = {
      ...target,
      async *get(...args) {
        try {
          yield* target.get(...args);
        } finally {
          left = true;
        }
      },
    };
    const clock = new VirtualClock();
    for await (const _ of retrying(watched, { clock, random, ...settings }).get(name, { start: 0, end: size })) break;
    expect(left).toBe(true);
  });
});

test('list goes on after the last name', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `n${String(i).padStart(2, '0')}`);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(9), { maxLength: 3 }), async (cuts) => {
      const clock = new VirtualClock();
      const left = [...cuts];
      const inner: Target = {
        ...new RecordingTarget().open(),
        async *list(_prefix, options) {
          const cut = left.shift();
          let given = 0;
          for (const each of names) {
            if (options?.after !== undefined && each <= options.after) continue;
            if (given === cut) throw failure();
            given += 1;
            yield { ...stat, name: objectName(each) };
          }
        },
      };
      const found = await clock.run(all(retrying(inner, { clock, random, ...settings }).list('')));
      expect(found.map((each) => each.name)).toEqual(names);
    }),
    { numRuns: 20 },
  );
});

test('a list that hardly goes on ends', async () => {
  const clock = new VirtualClock();
  let asked = 0;
  const inner: Target = {
    ...new RecordingTarget().open(),
    async *list() {
      asked += 1;
      yield stat;
      throw failure();
    },
  };
  const work = clock.run(all(retrying(inner, { clock, random, ...settings }).list('')));
  await expect(work).rejects.toMatchObject({ retry: 'exhausted' });
  expect(asked).toBe(4);
});
