import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSysimageError } from '../../src/contract/errors.js';
import type { Held } from '../../src/contract/target.js';
import { encodeStamped } from '../../src/image/stamped-json.js';
import { settle } from '../fake-clock.js';
import { hasher } from '../hasher.js';
import { LeaseWorld } from '../lease-world.js';
import { MemoryFile } from '../memory-file.js';
import { names } from '../records.js';

interface Outcome {
  readonly holders: number;
  readonly leases: number;
  /** How many could have gone on, at every step. */
  readonly widths: readonly number[];
}

/**
 * Several machines ask at once; every call of each waits until it is its turn. `choose` says whose call takes effect next.
 */
async function race(
  hosts: readonly string[],
  choose: (step: number, width: number) => number,
  dead: boolean,
): Promise<Outcome> {
  const world = new LeaseWorld();
  for (const host of hosts) world.fates.set(host, 'alive');
  if (dead) {
    world.fates.set('dead', 'gone');
    const record = {
      format: 'sysimage-lease/1',
      holder: { token: 'dead', program: 'sysimage', host: 'dead' },
      startedAt: '',
      heartbeat: 1,
    };
    world.objects.set(names.lease('dead'), MemoryFile.of(encodeStamped(record, hasher)));
  }
  const waiting = new Map<string, () => void>();
  let open = hosts.length;
  const helds: Held[] = [];
  const all = hosts.map(async (host) => {
    try {
      const before = (): Promise<void> => new Promise((resolve) => waiting.set(host, resolve));
      helds.push(await world.acquire(host, {}, { before }));
    } catch (error) {
      if (!isSysimageError(error, 'busy')) throw error;
    } finally {
      open -= 1;
    }
  });
  const widths: number[] = [];
  await settle();
  while (open > 0) {
    const ready = [...waiting].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const next = ready[choose(widths.length, ready.length) % ready.length];
    if (next === undefined) throw new Error('nobody can go on');
    widths.push(ready.length);
    waiting.delete(next[0]);
    next[1]();
    await settle();
  }
  await Promise.all(all);
  for (const held of helds) held.assertHeld();
  return { holders: helds.length, leases: world.leases().length, widths };
}

/** Every order there is: depth first, each run takes the next branch of the last one. */
async function everyOrder(run: (choices: readonly number[]) => Promise<readonly number[]>): Promise<number> {
  let choices: number[] = [];
  for (let count = 1; ; count += 1) {
    const widths = await run(choices);
    const taken = widths.map((_, step) => choices[step] ?? 0);
    let step = taken.length - 1;
    while (step >= 0 && (taken[step] ?? 0) + 1 >= (widths[step] ?? 1)) step -= 1;
    if (step < 0) return count;
    choices = [...taken.slice(0, step), (taken[step] ?? 0) + 1];
  }
}

test('two at once, in every order of their calls: never two holders, and who gave way left nothing', async () => {
  const seen = new Set<number>();
  const count = await everyOrder(async (choices) => {
    const { holders, leases, widths } = await race(['one', 'two'], (step) => choices[step] ?? 0, false);
    expect(holders).toBeLessThanOrEqual(1);
    expect(leases).toBe(holders);
    seen.add(holders);
    return widths;
  });
  expect(count).toBeGreaterThan(50);
  expect(seen).toContain(1);
});

test('several at once after one that died, in any order: never two holders', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(['one', 'two'], ['one', 'two', 'three']),
      fc.array(fc.nat(5), { minLength: 40, maxLength: 40 }),
      async (hosts, order) => {
        const { holders, leases } = await race(hosts, (step) => order[step] ?? 0, true);
        expect(holders).toBeLessThanOrEqual(1);
        expect(leases).toBe(holders);
      },
    ),
    { numRuns: 300 },
  );
});
