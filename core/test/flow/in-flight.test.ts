import { expect, test } from '@jest/globals';
import { Buffers } from '../../src/flow/buffers.js';
import { InFlight } from '../../src/flow/in-flight.js';
import { settle } from '../fake-clock.js';

test('what was started goes on side by side, and is over when it has settled', async () => {
  const going = new InFlight();
  const ends: (() => void)[] = [];
  let over = 0;
  for (let i = 0; i < 3; i += 1) {
    going.start(async () => {
      await new Promise<void>((resolve) => ends.push(resolve));
      over += 1;
    });
  }
  expect(ends).toHaveLength(3);
  const settled = going.settled().then(() => over);
  for (const end of ends.toReversed()) end();
  expect(await settled).toBe(3);
});

test('a failure waits for what still goes on, and keeps more from being started', async () => {
  const going = new InFlight();
  let over = false;
  let end: () => void = () => undefined;
  going.start(async () => {
    await new Promise<void>((resolve) => (end = resolve));
    over = true;
    throw new Error('second');
  });
  going.start(() => Promise.reject(new Error('first')));
  const settled = expect(going.settled()).rejects.toThrow('first');
  await settle();
  expect(over).toBe(false);
  expect(() => going.start(() => Promise.resolve())).toThrow('first');
  end();
  await settled;
  expect(over).toBe(true);
});

test('buffers go round: as many as there may be, the longest waiter first', async () => {
  const buffers = new Buffers(2, 16);
  const [a, b] = [await buffers.take(), await buffers.take()];
  expect([a.length, b.length, a === b]).toEqual([16, 16, false]);
  const got: [string, Uint8Array][] = [];
  void buffers.take().then((buffer) => got.push(['first', buffer]));
  void buffers.take().then((buffer) => got.push(['second', buffer]));
  await settle();
  expect(got).toEqual([]);
  buffers.give(b);
  await settle();
  buffers.give(a);
  await settle();
  expect(got.map(([name]) => name)).toEqual(['first', 'second']);
  expect(got[0]?.[1]).toBe(b);
  expect(got[1]?.[1]).toBe(a);
});
