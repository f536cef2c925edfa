import { isSysimageError, readCatalogs, type ObjectName } from '@sysimage/core';
import { createMemoryTarget, type MemoryStore } from '@sysimage/target-memory';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ToyDisk } from './toy-disk.js';
import { Workbench } from './workbench.js';

const mebibyte = 1024 * 1024;
/** Reading the small target whole takes far fewer; a hostile object must not change that. */
const mostCalls = 20_000;

type Damage =
  | { readonly kind: 'bytes'; readonly where: number; readonly bytes: readonly number[] }
  | { readonly kind: 'cut'; readonly where: number }
  | { readonly kind: 'grow'; readonly by: number }
  | { readonly kind: 'swap'; readonly with: number }
  | { readonly kind: 'delete' }
  /** Of a record: another value at one of its numbers or texts, with its digest mended. */
  | { readonly kind: 'value'; readonly which: number; readonly value: number | string };

const where = fc.double({ min: 0, max: 1, noNaN: true });
const damage: fc.Arbitrary<Damage> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant<'bytes'>('bytes'),
      where,
      bytes: fc.oneof(
        fc.constantFrom([0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]),
        fc.array(fc.nat(255), { minLength: 1, maxLength: 8 }),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant<'cut'>('cut'), where }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant<'grow'>('grow'), by: fc.integer({ min: 1, max: 100_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant<'swap'>('swap'), with: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant<'delete'>('delete') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant<'value'>('value'),
      which: fc.nat(500),
      value: fc.oneof(
        fc.constantFrom<number | string>(0, -1, 1, 65_536, 2 ** 31, 2 ** 52, Number.MAX_SAFE_INTEGER, 1e300, ''),
        fc.constantFrom('../../etc/passwd', 'sysimage/bench/computer.json', '20260101t000000005z-aaaa'),
      ),
    }),
  },
);

/**
 * Damages the objects of a target with three versions in it, and lets every reader loose on it: they may refuse in the words of
 * the contracts, and must neither read without end nor return other bytes than were backed up. Rejects with what fast-check found.
 */
export async function fuzzTarget({ seed, runs }: { readonly seed: number; readonly runs: number }): Promise<void> {
  const bench = new Workbench();
  const whole = createMemoryTarget();
  const disk = new ToyDisk(5 * mebibyte);
  const known = new Map<string, string>();
  for (const round of [1, 2, 3]) {
    for (let block = 60 + round; block < 900; block += 13) disk.fill(block, round);
    for (let block = 200 * round; block < 200 * round + 40; block += 1) disk.free(block);
    known.set((await bench.backup(whole, disk)).id, digestOf(disk.canonical()));
  }
  const objects = whole.store.names();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(objects.length - 1), damage), { minLength: 1, maxLength: 4 }),
      async (damages) => {
        const store = whole.store.powerCut({ keep: 'all' });
        for (const [index, one] of damages) {
          const name = objects[index];
          // An earlier damage may have removed it.
          if (name !== undefined && store.has(name)) harm(store, name, one, whole.store, bench);
        }
        // A record whose digest was mended may say anything, and so may one that another version's was put in place of.
        const trusted = damages.every(([, { kind }]) => kind !== 'value' && kind !== 'swap');
        await readEverything(bench, store, trusted ? known : new Map());
      },
    ),
    { seed, numRuns: runs },
  );
}

async function readEverything(bench: Workbench, store: MemoryStore, known: ReadonlyMap<string, string>): Promise<void> {
  let calls = 0;
  const target = createMemoryTarget({
    store,
    onCall: () => {
      calls += 1;
      if (calls > mostCalls) throw new Error(`more than ${mostCalls} calls`);
    },
  });
  await refusesOrReturns(() => bench.verify(target));
  const catalogs = (await refusesOrReturns(() => readCatalogs(target, undefined, bench.services.hasher))) ?? [];
  for (const { id, disks } of catalogs.flatMap(({ versions }) => versions)) {
    // A disk of this world is an array: whoever claims a larger one would only find that out.
    if (disks.some(({ layout }) => layout.size > 64 * mebibyte)) continue;
    const restored = await refusesOrReturns(() => bench.restore(target, id));
    const expected = known.get(id);
    if (restored !== undefined && expected !== undefined && digestOf(restored) !== expected)
      throw new Error(`version ${id} came back as something else`);
  }
}

async function refusesOrReturns<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isSysimageError(error) && error.code !== 'internal') return undefined;
    throw error;
  }
}

function harm(store: MemoryStore, name: ObjectName, one: Damage, whole: MemoryStore, bench: Workbench): void {
  const bytes = Buffer.from(store.bytes(name));
  switch (one.kind) {
    case 'bytes':
      Buffer.from(one.bytes).copy(bytes, Math.floor(one.where * Math.max(0, bytes.length - 1)));
      store.set(name, bytes);
      break;
    case 'cut':
      store.set(name, bytes.subarray(0, Math.floor(one.where * bytes.length)));
      break;
    case 'grow':
      store.set(name, Buffer.concat([bytes, Buffer.alloc(one.by, 0x5a)]));
      break;
    case 'swap':
      store.set(name, whole.bytes(whole.names()[one.with % whole.names().length] ?? name));
      break;
    case 'delete':
      store.delete(name);
      break;
    case 'value':
      store.set(name, forged(bytes, one, bench));
      break;
  }
}

/** A record with another value in one place and a digest that fits. */
function forged(bytes: Buffer, { which, value }: Damage & { kind: 'value' }, bench: Workbench): Uint8Array {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString());
  } catch {
    return bytes;
  }
  const places: { holder: object; key: string }[] = [];
  collect(parsed, places);
  const place = places[which % places.length];
  if (place !== undefined) Reflect.set(place.holder, place.key, value);
  const blank = JSON.stringify(parsed, undefined, 2).replace(
    /"digest": "[0-9a-f]{64}"/u,
    `"digest": "${'0'.repeat(64)}"`,
  );
  const stamp = Buffer.from(bench.services.hasher.digest(Buffer.from(`${blank}\n`))).toString('hex');
  return Buffer.from(`${blank.replace('0'.repeat(64), stamp)}\n`);
}

function collect(value: unknown, places: { holder: object; key: string }[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'number' || typeof inner === 'string') places.push({ holder: value, key });
    collect(inner, places);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
