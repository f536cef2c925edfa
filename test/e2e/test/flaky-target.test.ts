import { describe, expect, test } from '@jest/globals';
import { retrying, stacked } from '@sysimage/layers';
import { createMemoryTarget, type MemoryFacet } from '@sysimage/target-memory';
import type { Target } from '@sysimage/core';
import { badLuck, flakyTarget, ToyDisk, Workbench } from '../src/index.js';

const settings = { tries: 6, pause: 500, longestPause: 8000 };
const shapes: readonly (readonly [readonly MemoryFacet[], boolean])[] = [
  [['random', 'capacity'], false],
  [[], false],
  [['batch'], true],
];

describe.each(shapes)('a line that is cut again and again, to a target with %j', (facets, writeOnce) => {
  const make = (): Target & { store: { names(): readonly string[] } } =>
    createMemoryTarget({ facets, traits: { writeOnce, transport: 'plain' } });

  test.each([1, 2, 3])('costs no backup and no restore (%d)', async (seed) => {
    const bench = new Workbench();
    const { clock, random } = bench.services;
    const target = make();
    const lines: string[] = [];
    const wrapped = stacked(flakyTarget(target, badLuck(seed, 2)), {
      clock,
      random,
      retry: settings,
      trace: (line) => lines.push(line),
    });
    const disk = new ToyDisk(4 * 2 ** 20);
    for (let block = 60; block < 500; block += 3) disk.fill(block, 1);
    const one = await bench.backup(wrapped, disk);
    const first = disk.canonical();
    for (let block = 61; block < 700; block += 5) disk.fill(block, 2);
    const two = await bench.backup(wrapped, disk);
    const second = disk.canonical();
    for (const [{ id }, bytes] of [
      [one, first],
      [two, second],
    ] as const) {
      expect(Buffer.compare(await bench.restore(wrapped, id), bytes)).toBe(0);
      expect(Buffer.compare(await bench.restore(target, id), bytes)).toBe(0);
    }
    expect((await bench.verify(wrapped)).damages).toEqual([]);
    expect((await bench.verify(target)).damages).toEqual([]);
    // The same objects as without any trouble: nothing is left behind by what was tried in vain.
    const quiet = make();
    const other = new Workbench();
    const again = new ToyDisk(4 * 2 ** 20);
    for (let block = 60; block < 500; block += 3) again.fill(block, 1);
    await other.backup(quiet, again);
    for (let block = 61; block < 700; block += 5) again.fill(block, 2);
    await other.backup(quiet, again);
    expect(target.store.names()).toHaveLength(quiet.store.names().length);
    const cuts = lines.filter((line) => line.includes('"unavailable"'));
    expect(cuts.length).toBeGreaterThan(10);
  });

  test('stops the work without retries, and when it never ends', async () => {
    const disk = new ToyDisk(4 * 2 ** 20);
    disk.fill(300, 1);
    const bench = new Workbench();
    await expect(bench.backup(flakyTarget(make(), badLuck(1, 2)), disk)).rejects.toMatchObject({
      code: 'unavailable',
      retry: 'later',
    });
    const { clock, random } = bench.services;
    const gone = retrying(
      flakyTarget(make(), () => true),
      { clock, random, ...settings },
    );
    await expect(bench.backup(gone, disk)).rejects.toMatchObject({
      code: 'unavailable',
      retry: 'exhausted',
      message: expect.stringMatching(/\(tried 6 times\)$/u) as unknown,
    });
  });
});
