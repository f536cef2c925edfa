import { expect, test } from '@jest/globals';
import type { LeaseHolder } from '../../src/contract/target.js';
import { encodeStamped } from '../../src/image/stamped-json.js';
import { settle } from '../fake-clock.js';
import { hasher } from '../hasher.js';
import { LeaseWorld } from '../lease-world.js';
import { MemoryFile } from '../memory-file.js';
import { names } from '../records.js';

const second = 1000;
const yes = (): Promise<boolean> => Promise.resolve(true);

test('who lives notices before the other one goes on, and leaves nothing', async () => {
  const world = new LeaseWorld();
  world.fates.set('one', 'alive');
  const first = await world.acquire('one');
  const noticed: number[] = [];
  first.lost.addEventListener('abort', () => noticed.push(world.clock.now().getTime()));
  const asked: LeaseHolder[] = [];
  const steal = (holder: LeaseHolder): Promise<boolean> => {
    asked.push(holder);
    return Promise.resolve(true);
  };
  const start = world.clock.now().getTime();
  const thief = await world.acquire('two', { steal });
  const now = world.clock.now().getTime();
  expect(asked).toMatchObject([{ host: 'one', process: 4711 }]);
  expect(now - start).toBe(30 * second);
  expect(noticed).toEqual([start + 10 * second]);
  expect(() => first.assertHeld()).toThrow(/was taken away/u);
  thief.assertHeld();
  await first.release();
  expect(world.leases()).toHaveLength(1);
  await thief.release();
  expect(world.leases()).toEqual([]);
});

test('who hangs is not heard of for so long that it has to give up by itself', async () => {
  const world = new LeaseWorld();
  world.fates.set('one', 'alive');
  const first = await world.acquire('one');
  world.clock.stopTimers();
  const thief = await world.acquire('two', { steal: yes });
  expect(() => first.assertHeld()).toThrow(expect.objectContaining({ code: 'busy' }));
  thief.assertHeld();
});

test('a heartbeat that was under way puts the lease back: it is taken away again, without another question', async () => {
  const world = new LeaseWorld();
  world.fates.set('one', 'alive');
  let isHeld = false;
  let goOn: () => void = () => undefined;
  const before = async (call: string): Promise<void> => {
    if (isHeld && call === 'put') await new Promise<void>((resolve) => (goOn = resolve));
  };
  const first = await world.acquire('one', {}, { before });
  isHeld = true;
  await world.clock.advance(10 * second);
  world.clock.after(second, () => {
    isHeld = false;
    goOn();
  });
  let asked = 0;
  const start = world.clock.now().getTime();
  const thief = await world.acquire('two', { steal: () => Promise.resolve((asked += 1) === 1) });
  expect(asked).toBe(1);
  expect(world.clock.now().getTime() - start).toBeGreaterThanOrEqual(60 * second);
  expect(() => first.assertHeld()).toThrow(/was taken away/u);
  thief.assertHeld();
  expect(world.leases()).toHaveLength(1);
});

test('nothing is taken away without a yes, before the wait is over, or from the dead', async () => {
  const world = new LeaseWorld();
  world.fates.set('one', 'alive');
  const first = await world.acquire('one');
  await expect(world.acquire('two', { steal: () => Promise.resolve(false) })).rejects.toMatchObject({ code: 'busy' });
  expect(world.leases()).toHaveLength(1);
  world.clock.after(5 * second, () => void first.release());
  let asked = 0;
  const steal = (): Promise<boolean> => Promise.resolve((asked += 1) > 0);
  const waited = await world.acquire('two', { wait: 20 * second, steal });
  await waited.release();
  const holder = { token: 'other', program: 'sysimage', host: 'three' };
  const record = { format: 'sysimage-lease/1', holder, startedAt: '', heartbeat: 1 };
  world.objects.set(names.lease('other'), MemoryFile.of(encodeStamped(record, hasher)));
  (await world.acquire('two', { steal })).assertHeld();
  expect(asked).toBe(0);
});

test('who changes its mind while it waits has only stopped the other one', async () => {
  const world = new LeaseWorld();
  world.fates.set('one', 'alive');
  const first = await world.acquire('one');
  const abort = new AbortController();
  world.clock.onSleep = () => abort.abort();
  await expect(world.acquire('two', { steal: yes, signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' });
  await world.clock.advance(10 * second);
  await settle();
  expect(() => first.assertHeld()).toThrow(/was taken away/u);
  expect(world.leases()).toEqual([]);
});
