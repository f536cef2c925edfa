import { expect, test } from '@jest/globals';
import { createMemoryTarget } from '@sysimage/target-memory';
import fc from 'fast-check';
import { scatter, ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;

function same(found: Uint8Array, wanted: Uint8Array, what: string): void {
  if (Buffer.compare(found, wanted) !== 0) throw new Error(`${what} is not what was backed up`);
}

function change(disk: ToyDisk, round: number): void {
  for (let block = 60 + round; block < 900; block += 11) disk.fill(block, round);
  for (let block = 61 + round; block < 900; block += 37) disk.free(block);
  for (let block = 80; block < 120; block += 1) disk.fill(block, round % 2 === 0 ? 0 : round);
}

type Step =
  | { readonly kind: 'backup' | 'cut'; readonly seed: number }
  | { readonly kind: 'delete'; readonly which: number; readonly count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant<'backup'>('backup'), seed: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant<'cut'>('cut'), seed: fc.nat(200) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant<'delete'>('delete'),
      which: fc.nat(6),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
);

test('whatever is backed up, cut and deleted, in any order: what is left restores, and every byte is accounted for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const bench = new Workbench();
      const target = createMemoryTarget();
      const disk = new ToyDisk(14 * mebibyte);
      let kept = [{ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() }];
      for (const one of steps) {
        if (one.kind === 'delete') {
          const from = one.which % kept.length;
          const doomed = kept.slice(from, from + one.count).map(({ id }) => id);
          if (doomed.length === kept.length) continue;
          await bench.delete(target, doomed, true);
          kept = kept.filter(({ id }) => !doomed.includes(id));
        } else {
          scatter(disk, one.seed);
          if (one.kind === 'backup') kept.push({ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() });
          else {
            let writes = 0;
            const dying = createMemoryTarget({
              store: target.store,
              onCall: ({ operation }) => {
                if (operation === 'write' && (writes += 1) > 3 + (one.seed % 40)) throw new Error('cut');
              },
            });
            const done = await bench.backup(dying, disk).catch(() => undefined);
            if (done !== undefined) kept.push({ id: done.id, bytes: disk.canonical() });
          }
        }
        for (const { id, bytes } of kept) same(await bench.restore(target, id), bytes, id);
      }
      // A cut run may still be there: the next backup takes it back, and then nothing is left that nobody can vouch for.
      kept.push({ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() });
      for (const { id, bytes } of kept) same(await bench.restore(target, id), bytes, id);
      const { damages, versions } = await bench.verify(target);
      expect(damages).toEqual([]);
      expect(versions.map(({ id }) => id)).toEqual(kept.map(({ id }) => id));
    }),
    { numRuns: 12 },
  );
}, 180_000);

async function fourVersions() {
  const bench = new Workbench();
  const target = createMemoryTarget({ volatile: true });
  const disk = new ToyDisk(4 * mebibyte);
  const kept: { id: string; bytes: Uint8Array }[] = [];
  for (const round of [1, 2, 3, 4]) {
    change(disk, round);
    kept.push({ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() });
  }
  return { bench, target, kept };
}

test('the middle one, then the oldest: its space is freed, the others restore', async () => {
  const { bench, target, kept } = await fourVersions();
  await bench.delete(target, [kept[1]?.id ?? '']);
  const layers = target.store.names().filter((name) => name.endsWith('.layer'));
  // What the two on both sides of it kept is one now.
  expect(layers).toHaveLength(2);
  for (const { id, bytes } of [kept[0], kept[2], kept[3]].flatMap((one) => one ?? []))
    same(await bench.restore(target, id), bytes, id);
  await bench.delete(target, [kept[0]?.id ?? '']);
  expect(target.store.names().filter((name) => name.endsWith('.layer'))).toHaveLength(1);
  expect(target.store.names().filter((name) => name.includes(kept[1]?.id ?? '?') && name.endsWith('.json'))).toEqual(
    [],
  );
});

test('the newest goes only when that is said, and the image is then the disk of the version before', async () => {
  const { bench, target, kept } = await fourVersions();
  const newest = kept[3]?.id ?? '';
  const before = target.store.names();
  await expect(bench.delete(target, [newest])).rejects.toMatchObject({ code: 'invalid' });
  expect(target.store.names()).toEqual(before);
  await bench.delete(target, [newest], true);
  for (const { id, bytes } of kept.slice(0, 3)) same(await bench.restore(target, id), bytes, id);
  expect((await bench.verify(target)).damages).toEqual([]);
  expect(target.store.names().some((name) => name.includes(newest))).toBe(false);
});

test('all of them: nothing but the computer stays', async () => {
  const { bench, target, kept } = await fourVersions();
  await bench.delete(
    target,
    kept.map(({ id }) => id),
  );
  expect(target.store.names()).toEqual(['sysimage/bench/computer.json']);
});

test('a target that is written once says that nothing can be deleted', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget({ facets: ['batch'], traits: { writeOnce: true } });
  const { id } = await bench.backup(target, new ToyDisk(4 * mebibyte));
  await expect(bench.delete(target, [id])).rejects.toMatchObject({ code: 'unsupported' });
});
