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
import { operations } from '../src/call.js';
import { retrying } from '../src/index.js';
import { all, below, bytes, chunks, everyCall, must, name, RecordingTarget, stat } from './recording-target.js';
import { settled, VirtualClock } from './virtual-clock.js';

const settings = { tries: 4, pause: 100, longestPause: 250 };
const random = { bytes: (length: number): Uint8Array => new Uint8Array(length) };
const failure = (retry: Retry = 'later', code: ErrorCode = 'unavailable'): SysimageError =>
  new SysimageError(code, 'the line is cut', { retry, operation: 'o', context: { name: 'n' }, remedy: 'Wait.' });

/** The first `times` calls of an operation fail. */
function failing(operation: string, times: number, error: unknown = failure()): RecordingTarget {
  const recording = new RecordingTarget();
  let left = times;
  recording.answer = (asked) => {
    if (asked !== below(operation) || left === 0) return;
    left -= 1;
    throw error;
  };
  return recording;
}

describe('what is repeated', () => {
  const repeatable = Object.entries(everyCall).filter(([operation]) =>
    Object.entries(operations).some(([each, nature]) => each === operation && nature.repeatable),
  );
  const others = Object.entries(everyCall).filter((entry) => !repeatable.some(([operation]) => operation === entry[0]));

  test('is what comes to the same when it is done twice', () => {
    expect(others.map(([operation]) => operation)).toEqual([
      'close',
      'random.write',
      'random.truncate',
      'random.deallocate',
      'random.copy',
      'random.flush',
      'random.close',
      'batch.commit',
      'batch.abort',
      'history.capture',
      'history.restore',
      'history.drop',
      'lease.acquire',
      'lease.release',
    ]);
  });

  test.each(repeatable)('%s: until it is done, every time the same call', async (operation, call) => {
    for (const times of [1, 3]) {
      const clock = new VirtualClock();
      const recording = failing(operation, times);
      const result = await clock.run(call(retrying(recording.open(), { clock, random, ...settings })));
      const bare = new RecordingTarget();
      expect(result).toEqual(await call(bare.open()));
      const [wanted] = bare.calls.filter(([asked]) => asked === below(operation));
      const made = recording.calls.filter(([asked]) => asked === below(operation));
      expect(made).toHaveLength(times + 1);
      for (const each of made) {
        expect(each).toHaveLength(wanted?.length ?? 0);
        each.forEach((argument, i) => {
          if (typeof argument !== 'function') expect(argument).toEqual(wanted?.[i]);
        });
      }
      expect(clock.slept).toEqual([100, 200, 250].slice(0, times));
    }
  });

  test.each(repeatable)('%s: given up with the last error and the number of tries', async (operation, call) => {
    const clock = new VirtualClock();
    const recording = failing(operation, 99);
    const work = clock.run(call(retrying(recording.open(), { clock, random, ...settings })));
    await expect(work).rejects.toMatchObject({
      code: 'unavailable',
      retry: 'exhausted',
      message: 'the line is cut (tried 4 times)',
      operation: 'o',
      context: { name: 'n', tries: 4 },
      remedy: 'Wait.',
    });
    expect(recording.calls.filter(([asked]) => asked === below(operation))).toHaveLength(4);
  });

  test.each(others)('%s: never', async (operation, call) => {
    const clock = new VirtualClock();
    const error = failure();
    const recording = failing(operation, 1, error);
    await expect(call(retrying(recording.open(), { clock, random, ...settings }))).rejects.toBe(error);
    expect(recording.calls.filter(([asked]) => asked === operation)).toHaveLength(1);
    expect(clock.slept).toEqual([]);
  });

  test.each([
    ['for good', failure('never')],
    ['repeated already', failure('exhausted')],
    ['a fault', new Error('a fault')],
    ['a word', 'no'],
  ])('other errors never: %s', async (_, error) => {
    for (const [operation, call] of repeatable) {
      const clock = new VirtualClock();
      const recording = failing(operation, 1, error);
      await expect(call(retrying(recording.open(), { clock, random, ...settings }))).rejects.toBe(error);
      expect(clock.slept).toEqual([]);
    }
  });

  test('one try is no retry', async () => {
    const clock = new VirtualClock();
    const error = failure();
    const target = retrying(failing('stat', 1, error).open(), { clock, random, ...settings, tries: 1 });
    await expect(target.stat(name)).rejects.toBe(error);
    for (const tries of [0, -1, 1.5, Number.NaN]) {
      expect(() => retrying(target, { clock, random, ...settings, tries })).toThrow(RangeError);
    }
  });
});

describe('pauses', () => {
  test('double up to the longest, shortened by up to a half', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(255)), fc.integer({ min: 2, max: 9 }), async (drawn, tries) => {
        const clock = new VirtualClock();
        const source = { bytes: (length: number) => Uint8Array.from({ length }, () => drawn.next().value) };
        const target = retrying(failing('stat', 99).open(), { clock, random: source, ...settings, tries });
        await expect(clock.run(target.stat(name))).rejects.toMatchObject({ retry: 'exhausted' });
        expect(clock.slept).toHaveLength(tries - 1);
        clock.slept.forEach((pause, i) => {
          const longest = Math.min(250, 100 * 2 ** i);
          expect(pause).toBeGreaterThanOrEqual(longest / 2);
          expect(pause).toBeLessThanOrEqual(longest);
        });
      }),
      { numRuns: 30 },
    );
    const clock = new VirtualClock();
    const most = { bytes: (length: number) => new Uint8Array(length).fill(255) };
    await clock.run(retrying(failing('stat', 1).open(), { clock, random: most, ...settings }).stat(name));
    expect(clock.slept[0]).toBeCloseTo(50, 2);
  });

  test.each(['call', 'whole'] as const)('the signal of the %s ends them at once', async (whose) => {
    const clock = new VirtualClock();
    const recording = failing('stat', 99);
    const controller = new AbortController();
    const { signal } = controller;
    const target = retrying(recording.open(), { clock, random, ...settings, ...(whose === 'whole' ? { signal } : {}) });
    const work = target.stat(name, whose === 'call' ? { signal } : {});
    await settled();
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
    expect(recording.calls).toHaveLength(1);
    expect(clock.time).toBe(Date.UTC(2026, 0, 1));
  });

  test('a signal that has ended the whole work does not end what cleans up after it', async () => {
    const clock = new VirtualClock();
    const target = retrying(failing('remove', 2).open(), { clock, random, ...settings, signal: AbortSignal.abort() });
    await clock.run(target.remove(name));
    const own = retrying(failing('remove', 1).open(), { clock, random, ...settings });
    await expect(own.remove(name, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('put', () => {
  test('asks for the same bytes again; those who give them are let go every time', async () => {
    const clock = new VirtualClock();
    const seen: number[][] = [];
    const inner: Target = {
      ...new RecordingTarget().open(),
      async put(_name, _size, given) {
        const parts: number[] = [];
        for await (const chunk of given()) {
          parts.push(...chunk);
          if (seen.length < 2 && parts.length >= 3 * (seen.length + 1)) break;
        }
        seen.push(parts);
        if (seen.length < 3) throw failure();
        return stat;
      },
    };
    let [open, asked] = [0, 0];
    const source = async function* counted(): AsyncIterable<Uint8Array> {
      asked += 1;
      open += 1;
      try {
        for (let i = 0; i < 4; i += 1) yield bytes;
      } finally {
        open -= 1;
      }
    };
    expect(await clock.run(retrying(inner, { clock, random, ...settings }).put(name, 12, source))).toBe(stat);
    expect([asked, open]).toEqual([3, 0]);
    expect(seen).toEqual([[1, 2, 3], [1, 2, 3, 1, 2, 3], Array.from({ length: 4 }, () => [1, 2, 3]).flat()]);
  });

  test('the failure of whoever gives the bytes is not repeated', async () => {
    const clock = new VirtualClock();
    const recording = new RecordingTarget();
    const error = failure();
    const source = async function* broken(): AsyncIterable<Uint8Array> {
      yield bytes;
      throw error;
    };
    const target = retrying(recording.open(), { clock, random, ...settings });
    await expect(target.put(name, 6, source)).rejects.toBe(error);
    expect(recording.calls).toHaveLength(1);
    await target.put(name, 3, chunks);
  });
});

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

test('states of an object are told once each, however often they are asked for', async () => {
  const clock = new VirtualClock();
  const target = new RecordingTarget().open();
  const history = must(target.facets.history);
  let tries = 0;
  const inner: Target = {
    ...target,
    facets: {
      history: {
        ...history,
        async *list() {
          tries += 1;
          for (const id of ['1', '2', '3', '4']) {
            if (Number(id) > tries) throw failure();
            yield { id, takenAt: new Date(0) };
          }
        },
      },
    },
  };
  const wrapped = retrying(inner, { clock, random, ...settings });
  const states = await clock.run(all(must(wrapped.facets.history).list(name)));
  expect(states.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
});
