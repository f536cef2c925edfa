import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SysimageError, type ErrorCode, type Retry, type Target } from '@sysimage/core/plugin';
import { operations } from '../src/call.js';
import { retrying } from '../src/index.js';
import { bytes, chunks, everyCall, name, RecordingTarget, stat } from './recording-target.js';
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
    if (asked !== operation || left === 0) return;
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
      const [wanted] = bare.calls.filter(([asked]) => asked === operation);
      const made = recording.calls.filter(([asked]) => asked === operation);
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
    expect(recording.calls.filter(([asked]) => asked === operation)).toHaveLength(4);
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

  test('is repeated when its bytes failed at first, and the target asked for them again by itself', async () => {
    const clock = new VirtualClock();
    let [asked, tries] = [0, 0];
    const source = async function* weak(): AsyncIterable<Uint8Array> {
      asked += 1;
      if (asked === 1) throw failure();
      yield bytes;
    };
    const inner: Target = {
      ...new RecordingTarget().open(),
      async put(_name, _size, given) {
        tries += 1;
        const drain = async (): Promise<void> => {
          for await (const _ of given());
        };
        await drain().catch(drain);
        if (tries === 1) throw failure();
        return stat;
      },
    };
    expect(await clock.run(retrying(inner, { clock, random, ...settings }).put(name, 3, source))).toBe(stat);
    expect([asked, tries]).toEqual([3, 2]);
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
