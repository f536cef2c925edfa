import { describe, expect, test } from '@jest/globals';
import { objectName } from '@sysimage/core/plugin';
import { createMemoryTarget } from '@sysimage/target-memory';
import { throttled } from '../src/index.js';
import { all, must, name } from './recording-target.js';
import { settled, VirtualClock } from './virtual-clock.js';
import { pattern, watched } from './watched-target.js';

describe('giving up', () => {
  test.each(['put', 'get'] as const)('%s: its signal ends the waiting at once', async (kind) => {
    const clock = new VirtualClock();
    const { target } = watched(clock);
    await target.put(name, 9000, async function* given() {
      yield pattern(9000);
    });
    const limited = throttled(target, { clock, limit: () => 1000 });
    const controller = new AbortController();
    const { signal } = controller;
    const work =
      kind === 'get'
        ? all(limited.get(name, { start: 0, end: 9000 }, { signal }))
        : limited.put(objectName('new'), 9000, () => target.get(name, { start: 0, end: 9000 }), { signal });
    const outcome = expect(work).rejects.toMatchObject({ code: 'cancelled' });
    await settled();
    controller.abort();
    await outcome;
    expect(clock.time).toBe(Date.UTC(2026, 0, 1));
    expect(await target.stat(objectName('new'))).toBeUndefined();
  });

  test('the end of the whole work ends the waiting of open objects; what cleans up afterwards is limited as before', async () => {
    const clock = new VirtualClock();
    const { target, moved } = watched(clock);
    const controller = new AbortController();
    const limited = throttled(target, { clock, limit: () => 1000, signal: controller.signal });
    const file = await must(limited.facets.random).open(name, { create: true, exclusive: true });
    const outcome = expect(file.write(0, pattern(5000))).rejects.toMatchObject({ code: 'cancelled' });
    await settled();
    controller.abort();
    await outcome;
    const begun = moved.length;
    await clock.run(file.write(0, pattern(3000)));
    expect(moved.length).toBeGreaterThan(begun);
    expect(clock.time - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(2900);
  });

  test('whoever gives up takes nothing, and holds nobody up', async () => {
    const clock = new VirtualClock();
    const { target } = watched(clock);
    const limited = throttled(target, { clock, limit: () => 1000 });
    const controller = new AbortController();
    const given = (size: number) =>
      async function* chunks(): AsyncIterable<Uint8Array> {
        yield pattern(size);
      };
    const first = limited.put(objectName('one'), 3000, given(3000));
    const second = limited.put(objectName('two'), 3000, given(3000), { signal: controller.signal });
    const outcome = expect(second).rejects.toMatchObject({ code: 'cancelled' });
    const third = limited.put(objectName('three'), 1000, given(1000));
    await settled();
    controller.abort();
    await outcome;
    const start = clock.time;
    await clock.run(Promise.all([first, third]));
    expect(clock.time - start).toBeLessThanOrEqual(4000);
  });
});

test('a flush and a close wait for what was begun before them', async () => {
  const clock = new VirtualClock();
  const target = createMemoryTarget({ volatile: true });
  const limited = throttled(target, { clock, limit: () => 1000 });
  const file = await must(limited.facets.random).open(name, { create: true, exclusive: true });
  const write = file.write(0, pattern(5000));
  await clock.run(file.flush());
  expect(target.store.powerCut({ keep: 'none' }).bytes(name)).toEqual(pattern(5000));
  await write;
  const last = file.write(5000, pattern(1000));
  await clock.run(file.close());
  await last;
  expect(target.store.bytes(name)).toHaveLength(6000);
});

test('nothing at all is still asked of the target', async () => {
  const clock = new VirtualClock();
  const { target, moved } = watched(clock);
  const limited = throttled(target, { clock, limit: () => 1000 });
  const file = await must(limited.facets.random).open(name, { create: true, exclusive: true });
  await file.write(0, new Uint8Array(0));
  await file.read(0, new Uint8Array(0));
  expect(moved.map(({ bytes }) => bytes)).toEqual([0, 0]);
});

test('without a limit nothing is cut into pieces', async () => {
  const clock = new VirtualClock();
  const { target, moved } = watched(clock);
  const limited = throttled(target, { clock, limit: (direction) => (direction === 'upload' ? undefined : 5000) });
  const file = await must(limited.facets.random).open(name, { create: true, exclusive: true });
  await file.write(0, pattern(500_000));
  await limited.put(objectName('new'), 500_000, async function* given() {
    yield pattern(500_000);
  });
  expect(moved.map(({ bytes }) => bytes)).toEqual([500_000, 500_000]);
  expect(clock.slept).toEqual([]);
});
