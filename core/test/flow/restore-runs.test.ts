import { expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import { SysimageError } from '../../src/contract/errors.js';
import { eachRun, grainRuns } from '../../src/flow/restore-runs.js';
import { grainSize } from '../../src/image/grain.js';
import { settle } from '../fake-clock.js';
import { memoryTarget } from '../memory-target.js';

const runs = [...grainRuns(ExtentSet.of({ start: 3 * grainSize, end: 200 * grainSize }))];

test('runs end at multiples of 2 MiB and cover what is wanted', () => {
  expect(runs[0]).toEqual({ grain: 3, count: 29 });
  expect(runs.at(-1)).toEqual({ grain: 192, count: 8 });
  expect(runs.every(({ count }) => count <= 32)).toBe(true);
  expect(runs.reduce((sum, { count }) => sum + count, 0)).toBe(197);
});

test('at most four runs go on at once, each with a buffer of its own', async () => {
  const inUse = new Set<ArrayBufferLike>();
  const seen: number[] = [];
  let most = 0;
  await eachRun(runs, { signal: undefined }, async ({ grain, count }, bytes) => {
    expect(bytes).toHaveLength(count * grainSize);
    expect(inUse.has(bytes.buffer)).toBe(false);
    inUse.add(bytes.buffer);
    most = Math.max(most, inUse.size);
    await settle();
    inUse.delete(bytes.buffer);
    seen.push(grain);
  });
  expect(most).toBe(4);
  expect(seen.toSorted((a, b) => a - b)).toEqual(runs.map(({ grain }) => grain));
});

test('where a disc may have to be changed, one run goes after the other', async () => {
  const target = memoryTarget(new Map());
  const discs = { ...target, facets: { media: { locate: () => Promise.resolve([]) } } };
  let now = 0;
  await eachRun(runs, { from: discs, signal: undefined }, async () => {
    expect((now += 1)).toBe(1);
    await settle();
    now -= 1;
  });
});

test.each(['unavailable', 'cancelled'] as const)('%s: it ends once nothing goes on any more', async (code) => {
  const abort = new AbortController();
  let [begun, now] = [0, 0];
  const work = eachRun(runs, { signal: abort.signal }, async () => {
    const turn = (begun += 1);
    now += 1;
    await settle();
    now -= 1;
    if (turn !== 2) return;
    if (code === 'cancelled') abort.abort();
    else throw new SysimageError(code, 'gone');
  });
  await expect(work).rejects.toMatchObject({ code });
  expect(now).toBe(0);
  expect(begun).toBeLessThan(runs.length);
});
