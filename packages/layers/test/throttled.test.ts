import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { objectName, type Target } from '@sysimage/core/plugin';
import { throttled, type LimitAt } from '../src/index.js';
import { TokenBucket } from '../src/token-bucket.js';
import { all, must, name } from './recording-target.js';
import { settled, VirtualClock } from './virtual-clock.js';
import { pattern, watched, type Moved } from './watched-target.js';

/** The most that moved in one direction within any time of this length. */
function mostWithin(moved: readonly Moved[], direction: Moved['direction'], milliseconds: number): number {
  const each = moved.filter((one) => one.direction === direction).toSorted((a, b) => a.at - b.at);
  let [most, sum, first] = [0, 0, 0];
  for (const { at, bytes } of each) {
    sum += bytes;
    for (; (each[first]?.at ?? at) <= at - milliseconds; first += 1) sum -= each[first]?.bytes ?? 0;
    most = Math.max(most, sum);
  }
  return most;
}

describe('a rate', () => {
  const work = fc.record({
    kind: fc.constantFrom('put', 'get', 'write', 'read'),
    size: fc.integer({ min: 0, max: 20_000 }),
    piece: fc.integer({ min: 100, max: 15_000 }),
  });

  test('is never exceeded within any time, by calls at once, and every byte arrives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(work, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 2000, max: 40_000 }),
        fc.integer({ min: 2000, max: 40_000 }),
        async (works, upload, download) => {
          const clock = new VirtualClock();
          const { target, moved } = watched(clock);
          const got: Moved[] = [];
          const limited = throttled(target, { clock, limit: (direction) => ({ upload, download })[direction] });
          await Promise.all(
            works.map(({ size }, i) =>
              target.put(objectName(`old-${i}`), size, async function* given() {
                yield pattern(size);
              }),
            ),
          );
          moved.length = 0;
          const one = async ({ kind, size, piece }: (typeof works)[number], i: number): Promise<void> => {
            const bytes = pattern(size);
            const old = objectName(`old-${i}`);
            if (kind === 'put') {
              await limited.put(objectName(`new-${i}`), size, async function* given() {
                for (let at = 0; at < size; at += piece) yield bytes.subarray(at, at + piece);
              });
              expect(await content(target, objectName(`new-${i}`), size)).toEqual(Buffer.from(bytes));
            } else if (kind === 'get') {
              const parts: Uint8Array[] = [];
              for await (const chunk of limited.get(old, { start: 0, end: size })) {
                got.push({ direction: 'download', at: clock.time, bytes: chunk.byteLength });
                parts.push(chunk);
              }
              expect(Buffer.concat(parts)).toEqual(Buffer.from(bytes));
            } else {
              const file = await must(limited.facets.random).open(old, { exclusive: false });
              if (kind === 'write') {
                await file.write(3, bytes);
                expect((await content(target, old, size === 0 ? 0 : size + 3)).subarray(3)).toEqual(Buffer.from(bytes));
              } else {
                const into = new Uint8Array(size);
                await file.read(0, into);
                expect(Buffer.from(into)).toEqual(Buffer.from(bytes));
              }
            }
          };
          await clock.run(Promise.all(works.map(one)));
          for (const [direction, rate] of [
            ['upload', upload],
            ['download', download],
          ] as const) {
            for (const seconds of [0.001, 0.5, 1, 3, 10, 100]) {
              expect(mostWithin([...moved, ...got], direction, seconds * 1000)).toBeLessThanOrEqual(
                rate * (seconds + 1) + 1,
              );
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('is used up: work takes no longer than it must', async () => {
    const clock = new VirtualClock();
    const { target } = watched(clock);
    const start = clock.time;
    const limited = throttled(target, { clock, limit: () => 10_000 });
    await clock.run(
      limited.put(name, 100_000, async function* given() {
        yield pattern(100_000);
      }),
    );
    expect(clock.time - start).toBeGreaterThanOrEqual(9000);
    expect(clock.time - start).toBeLessThan(9200);
  });

  test('is shared: a small call does not wait for large ones', async () => {
    const clock = new VirtualClock();
    const { target } = watched(clock);
    const start = clock.time;
    const limited = throttled(target, { clock, limit: () => 10_000 });
    const large = Array.from({ length: 4 }, (_, i) =>
      limited.put(objectName(`large-${i}`), 100_000, async function* given() {
        yield pattern(100_000);
      }),
    );
    await settled();
    let took = 0;
    const small = async (): Promise<void> => {
      await limited.put(name, 400, async function* given() {
        yield pattern(400);
      });
      took = clock.time - start;
    };
    await clock.run(Promise.all([...large, small()]));
    expect(took).toBeLessThan(2000);
    expect(clock.time - start).toBeGreaterThanOrEqual(39_000);
  });

  test('that changes is followed at once, with no more than a second of what was saved up', async () => {
    const clock = new VirtualClock();
    const { target, moved } = watched(clock);
    const noon = clock.time + 5000;
    const limit: LimitAt = (_, now) => (now.getTime() < noon ? undefined : 10_000);
    const limited = throttled(target, { clock, limit });
    const chunks = async function* given(): AsyncIterable<Uint8Array> {
      for (let i = 0; i < 10; i += 1) {
        yield pattern(20_000);
        if (i === 4) clock.time = noon;
      }
    };
    await clock.run(limited.put(name, 200_000, chunks));
    expect(clock.time - noon).toBeGreaterThanOrEqual(9000);
    expect(mostWithin(moved, 'upload', 1)).toBe(100_000);
    const waking: LimitAt = (_, now) => (now.getTime() < noon + 60_000 ? 1 : undefined);
    clock.time = noon;
    const slow = throttled(target, { clock, limit: waking });
    await clock.run(
      slow.put(name, 100_000, async function* given() {
        yield pattern(100_000);
      }),
    );
    expect(clock.time - noon).toBeLessThanOrEqual(61_000);
  });

  test('that drops while many wait does not make a small call wait for them', async () => {
    const clock = new VirtualClock();
    const { target } = watched(clock);
    const drop = clock.time + 10_000;
    const limited = throttled(target, { clock, limit: (_, now) => (now.getTime() < drop ? 1_000_000 : 1000) });
    const given = (size: number) =>
      async function* chunks(): AsyncIterable<Uint8Array> {
        yield pattern(size);
      };
    const large = Array.from({ length: 4 }, (_, i) =>
      limited.put(objectName(`large-${i}`), 3_000_000, given(3_000_000)),
    );
    let took = Number.POSITIVE_INFINITY;
    const small = (async () => {
      while (clock.time < drop) await clock.sleep(100);
      await limited.put(name, 400, given(400));
      took = clock.time - drop;
    })();
    await clock.run(small);
    expect(took).toBeLessThan(5000);
    await clock.run(Promise.all(large));
  });

  test('is given out in the order in which calls came', async () => {
    const clock = new VirtualClock();
    const bucket = new TokenBucket(clock, () => 1000);
    for (let i = 0; i < 4; i += 1) await clock.run(bucket.take(250, 'put', undefined));
    const served: number[] = [];
    const wanted = [250, 1, 200, 3];
    await clock.run(
      Promise.all(
        wanted.map(async (bytes) => {
          await bucket.take(bytes, 'put', undefined);
          served.push(bytes);
        }),
      ),
    );
    expect(served).toEqual(wanted);
  });

  test('is given out in whole sectors where that is possible', async () => {
    const clock = new VirtualClock();
    const pieceAt = (rate: number): Promise<number> =>
      new TokenBucket(clock, () => rate).take(2 ** 30, 'put', undefined);
    expect([await pieceAt(1000), await pieceAt(16_384), await pieceAt(1_000_000)]).toEqual([250, 4096, 61 * 4096]);
  });

  test('a clock that is set back does not stop the work', async () => {
    const clock = new VirtualClock();
    const { target } = watched(clock);
    const limited = throttled(target, { clock, limit: () => 10_000 });
    const put = (): Promise<unknown> =>
      clock.run(
        limited.put(name, 20_000, async function* given() {
          yield pattern(20_000);
        }),
      );
    await put();
    clock.time -= 3_600_000;
    const start = clock.time;
    await put();
    expect(clock.time - start).toBeLessThanOrEqual(2100);
  });
});

async function content(target: Target, of: typeof name, size: number): Promise<Buffer> {
  return Buffer.concat(await all(target.get(of, { start: 0, end: size })));
}
