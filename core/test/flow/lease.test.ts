import { expect, test } from '@jest/globals';
import { SysimageError } from '../../src/contract/errors.js';
import { encodeStamped } from '../../src/image/stamped-json.js';
import { settle } from '../fake-clock.js';
import { hasher } from '../hasher.js';
import { LeaseWorld } from '../lease-world.js';
import { MemoryFile } from '../memory-file.js';
import { names } from '../records.js';

const second = 1000;

/** What somebody else's lease looks like. */
function strange(host: string, heartbeat = 1): Uint8Array {
  const holder = { token: 'other', program: 'sysimage', host, process: 12 };
  const record = { format: 'sysimage-lease/1', holder, startedAt: '2026-01-01T00:00:00.000Z', heartbeat };
  return encodeStamped(record, hasher);
}

test('taken, held, renewed and given back', async () => {
  const world = new LeaseWorld();
  const held = await world.acquire('one');
  expect(world.leases()).toHaveLength(1);
  for (let minute = 0; minute < 10; minute += 1) {
    const [name] = world.leases();
    const before = world.objects.get(name ?? '')?.bytes.slice();
    await world.clock.advance(60 * second);
    held.assertHeld();
    expect(world.objects.get(name ?? '')?.bytes).not.toEqual(before);
  }
  expect(held.lost.aborted).toBe(false);
  await held.release();
  expect(world.leases()).toEqual([]);
  expect(world.clock.timers).toBe(0);
});

test('a holder that lives keeps others out, and is named', async () => {
  const world = new LeaseWorld();
  world.fates.set('one', 'alive');
  const held = await world.acquire('one');
  await expect(world.acquire('two')).rejects.toMatchObject({
    code: 'busy',
    retry: 'later',
    message: expect.stringMatching(/sysimage on one \(process 4711\)/u),
    context: { host: 'one', process: 4711 },
  });
  expect(world.leases()).toHaveLength(1);
  held.assertHeld();
});

test('a holder that lives is waited for as long as was asked, and no longer, however silent', async () => {
  const world = new LeaseWorld();
  world.fates.set('other', 'alive');
  world.objects.set(names.lease('other'), MemoryFile.of(strange('other')));
  const start = world.clock.now().getTime();
  await expect(world.acquire('two', { wait: 100 * second })).rejects.toMatchObject({ code: 'busy' });
  const waited = world.clock.now().getTime() - start;
  expect(waited).toBeGreaterThanOrEqual(100 * second);
  expect(waited).toBeLessThan(102 * second);
  expect(world.leases()).toEqual([names.lease('other')]);
});

test('a holder that is gone is followed at once', async () => {
  const world = new LeaseWorld();
  world.fates.set('other', 'gone');
  world.objects.set(names.lease('other'), MemoryFile.of(strange('other')));
  const start = world.clock.now().getTime();
  const held = await world.acquire('two');
  expect(world.clock.now().getTime()).toBe(start);
  expect(world.leases()).toHaveLength(1);
  expect(world.leases()).not.toContain(names.lease('other'));
  held.assertHeld();
});

test('a holder of whom nothing is known is void after three heartbeats of silence, by the own clock', async () => {
  const world = new LeaseWorld();
  world.objects.set(names.lease('other'), MemoryFile.of(strange('other')));
  const start = world.clock.now().getTime();
  // Without any wait: nobody has to come and remove what a dead machine left.
  const held = await world.acquire('two');
  const waited = world.clock.now().getTime() - start;
  expect(waited).toBeGreaterThanOrEqual(30 * second);
  expect(waited).toBeLessThan(32 * second);
  expect(world.leases()).toHaveLength(1);
  held.assertHeld();
});

test('one sign of life is enough to be told that it is busy', async () => {
  const world = new LeaseWorld();
  await world.acquire('one');
  const start = world.clock.now().getTime();
  await expect(world.acquire('two')).rejects.toMatchObject({ code: 'busy', context: { host: 'one' } });
  expect(world.clock.now().getTime() - start).toBeLessThan(12 * second);
  expect(world.leases()).toHaveLength(1);
});

test.each([-7, 7])('clocks that are %s hours apart change nothing', async (hours) => {
  const world = new LeaseWorld();
  world.skews.set('two', hours * 3600 * second);
  const held = await world.acquire('one');
  await expect(world.acquire('two')).rejects.toMatchObject({ code: 'busy' });
  await expect(world.acquire('two', { wait: 300 * second })).rejects.toMatchObject({ code: 'busy' });
  held.assertHeld();
  world.clock.stopTimers();
  const start = world.clock.now().getTime();
  const second_ = await world.acquire('two');
  expect(world.clock.now().getTime() - start).toBeLessThan(32 * second);
  second_.assertHeld();
  expect(() => held.assertHeld()).toThrow(SysimageError);
});

test('it is not void as long as it beats, be it slowly', async () => {
  const world = new LeaseWorld();
  let heartbeat = 1;
  const beat = (): void => {
    world.objects.set(names.lease('other'), MemoryFile.of(strange('other', heartbeat)));
    heartbeat += 1;
    world.clock.after(29 * second, beat);
  };
  beat();
  await expect(world.acquire('two', { wait: 300 * second })).rejects.toMatchObject({ code: 'busy' });
  expect(world.leases()).toEqual([names.lease('other')]);
});

test.each([3600, -3600])(
  'somebody sets the clock of whoever waits, or of the holder, by %i s: nobody is taken for dead',
  async (jump) => {
    const world = new LeaseWorld();
    const held = await world.acquire('one');
    world.clock.after(3 * second, () => world.skews.set('two', jump * second));
    world.clock.after(15 * second, () => world.skews.set('one', jump * second));
    const start = world.clock.elapsed();
    await expect(world.acquire('two', { wait: 100 * second })).rejects.toMatchObject({ code: 'busy' });
    expect(world.clock.elapsed() - start).toBeGreaterThanOrEqual(100 * second);
    held.assertHeld();
    expect(world.leases()).toHaveLength(1);
  },
);

test('whoever waits gets it when it is given back', async () => {
  const world = new LeaseWorld();
  const first = await world.acquire('one');
  world.clock.after(5 * second, () => void first.release());
  const start = world.clock.now().getTime();
  const second_ = await world.acquire('two', { wait: 60 * second });
  expect(world.clock.now().getTime() - start).toBeLessThan(8 * second);
  second_.assertHeld();
  expect(world.leases()).toHaveLength(1);
});

test.each([
  ['damaged', strange('other').slice(0, 50)],
  ['empty', new Uint8Array(0)],
  ['of another format', encodeStamped({ format: 'sysimage-lease/2' }, hasher)],
  ['enormous', new Uint8Array(100_000)],
])('a lease that is %s keeps others out as long as a silent one, and no longer', async (_what, bytes) => {
  const world = new LeaseWorld();
  world.fates.set('other', 'gone');
  world.objects.set(names.lease('other'), MemoryFile.of(bytes));
  const start = world.clock.now().getTime();
  const held = await world.acquire('two');
  expect(world.clock.now().getTime() - start).toBeGreaterThanOrEqual(30 * second);
  held.assertHeld();
  expect(world.leases()).not.toContain(names.lease('other'));
});

test('after three heartbeats without renewal the lease is lost, and is not put back', async () => {
  const world = new LeaseWorld();
  let away = false;
  const before = async (call: string): Promise<void> => {
    if (away && call === 'put') throw new SysimageError('unavailable', 'the share is away');
  };
  const held = await world.acquire('one', {}, { before });
  away = true;
  await world.clock.advance(29 * second);
  held.assertHeld();
  await world.clock.advance(second);
  expect(() => held.assertHeld()).toThrow(/was not renewed for 30 s/u);
  expect(held.lost.aborted).toBe(true);
  away = false;
  world.objects.clear();
  await world.clock.advance(60 * second);
  expect(world.leases()).toEqual([]);
  expect(() => held.assertHeld()).toThrow(expect.objectContaining({ code: 'busy' }));
  await held.release();
});

test('one heartbeat that fails is made good by the next', async () => {
  const world = new LeaseWorld();
  let away = false;
  const before = async (call: string): Promise<void> => {
    if (away && call === 'put') throw new SysimageError('unavailable', 'the share is away');
  };
  const held = await world.acquire('one', {}, { before });
  away = true;
  await world.clock.advance(15 * second);
  away = false;
  await world.clock.advance(100 * second);
  held.assertHeld();
});

test('a fault of the program in a heartbeat loses the lease at once', async () => {
  const world = new LeaseWorld();
  let broken = false;
  const before = async (call: string): Promise<void> => {
    if (broken && call === 'put') throw new TypeError('undefined is not a function');
  };
  const held = await world.acquire('one', {}, { before });
  broken = true;
  await world.clock.advance(10 * second);
  expect(held.lost.aborted).toBe(true);
  expect(() => held.assertHeld()).toThrow(SysimageError);
  expect(world.clock.timers).toBe(0);
});

test('a machine that slept has lost its lease before it writes anything', async () => {
  const world = new LeaseWorld();
  const held = await world.acquire('one');
  world.clock.suspend(3600 * second);
  expect(() => held.assertHeld()).toThrow(expect.objectContaining({ code: 'busy' }));
  // Somebody else took over meanwhile; the late heartbeat must not bring the old lease back.
  world.objects.clear();
  await world.clock.advance(60 * second);
  expect(world.leases()).toEqual([]);
});

test('the time of a heartbeat counts from when it began: a slow target shortens the lease, never lengthens it', async () => {
  const world = new LeaseWorld();
  let slow = false;
  let finish: () => void = () => undefined;
  const before = async (call: string): Promise<void> => {
    if (slow && call === 'put') await new Promise<void>((resolve) => (finish = resolve));
  };
  const held = await world.acquire('one', {}, { before });
  slow = true;
  await world.clock.advance(29 * second);
  held.assertHeld();
  finish();
  await settle();
  // Put since the tenth second: held until the fortieth.
  await world.clock.advance(10 * second);
  held.assertHeld();
  await world.clock.advance(second);
  expect(() => held.assertHeld()).toThrow(SysimageError);
});

test('a release while a heartbeat is under way leaves nothing behind', async () => {
  const world = new LeaseWorld();
  let finish: (() => void) | undefined;
  let slow = false;
  const before = async (call: string): Promise<void> => {
    if (slow && call === 'put') await new Promise<void>((resolve) => (finish = resolve));
  };
  const held = await world.acquire('one', {}, { before });
  slow = true;
  await world.clock.advance(10 * second);
  const released = held.release();
  await settle();
  finish?.();
  await released;
  await settle();
  expect(world.leases()).toEqual([]);
  expect(world.clock.timers).toBe(0);
});

test('whoever is cancelled while waiting leaves nothing behind', async () => {
  const world = new LeaseWorld();
  world.fates.set('one', 'alive');
  await world.acquire('one');
  const abort = new AbortController();
  world.clock.onSleep = () => abort.abort();
  await expect(world.acquire('two', { wait: 60 * second, signal: abort.signal })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(world.leases()).toHaveLength(1);
});

test.each([
  ['second list', 'list', 2],
  ['first put', 'put', 1],
  ['reading of another lease', 'get', 1],
])('when the target fails at the %s, no lease stays behind to beat for nobody', async (_what, failing, wanted) => {
  const world = new LeaseWorld();
  let count = 0;
  const before = async (call: string): Promise<void> => {
    if (call === 'put' && failing === 'get') world.objects.set(names.lease('other'), MemoryFile.of(strange('other')));
    if (call === failing) count += 1;
    if (call === failing && count === wanted) throw new SysimageError('unavailable', 'the share is away');
  };
  await expect(world.acquire('one', {}, { before })).rejects.toMatchObject({ code: 'unavailable' });
  expect(world.leases().filter((name) => name !== names.lease('other'))).toEqual([]);
  expect(world.clock.timers).toBe(0);
});
