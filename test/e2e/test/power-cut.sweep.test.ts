import { expect, test } from '@jest/globals';
import { createMemoryTarget, failFrom, recordCalls, type MemoryStore } from '@sysimage/target-memory';
import { ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;

function change(disk: ToyDisk, round: number): void {
  for (let block = 60 + round; block < 900; block += 11) disk.fill(block, round);
  for (let block = 61 + round; block < 900; block += 37) disk.free(block);
  for (let block = 80; block < 120; block += 1) disk.fill(block, round % 2 === 0 ? 0 : round);
}

/** Two versions on a volatile medium, and the disk as it is before the third backup. */
async function prepare(): Promise<{
  bench: Workbench;
  store: ReturnType<typeof createMemoryTarget>['store'];
  disk: ToyDisk;
  kept: Map<string, Uint8Array>;
}> {
  const bench = new Workbench();
  const target = createMemoryTarget({ volatile: true });
  const disk = new ToyDisk(6 * mebibyte);
  const kept = new Map<string, Uint8Array>();
  for (const round of [1, 2]) {
    change(disk, round);
    kept.set((await bench.backup(target, disk)).id, disk.canonical());
  }
  change(disk, 3);
  return { bench, store: target.store, disk, kept };
}

test('whenever the power goes, every complete version restores at once, and the next backup completes', async () => {
  const { bench, store, disk, kept } = await prepare();
  const record = recordCalls();
  await bench.backup(createMemoryTarget({ store: store.powerCut({ keep: 'all' }), onCall: record.onCall }), disk);
  const cuts = record.changes();
  expect(cuts.length).toBeGreaterThan(60);
  for (const { index } of cuts) {
    const dying = createMemoryTarget({ store: store.powerCut({ keep: 'all' }), onCall: failFrom(index) });
    await bench.backup(dying, disk).catch(() => undefined);
    // What the medium keeps of writes that were never flushed: nothing, or a random choice for every page.
    for (const keep of ['none', index] as const) {
      const after = createMemoryTarget({ store: dying.store.powerCut({ keep }) });
      for (const [id, bytes] of kept)
        await sameAs(bench.restore(after, id), bytes, `cut at call ${index}, keep ${keep}, version ${id}`);
      if (keep === 'none') continue;
      const next = await bench.backup(after, disk);
      for (const [id, bytes] of [...kept, [next.id, disk.canonical()] as const]) {
        await sameAs(bench.restore(after, id), bytes, `cut at call ${index}, keep ${keep}, next backup, version ${id}`);
      }
      expect(after.store.names().filter((name) => /\/(runs|leases)\//u.test(name))).toEqual([]);
    }
  }
}, 300_000);

test('the roll-back may be cut as well, again and again', async () => {
  const { bench, store, disk, kept } = await prepare();
  const record = recordCalls();
  await bench.backup(createMemoryTarget({ store: store.powerCut({ keep: 'all' }), onCall: record.onCall }), disk);
  const middle = record.changes()[Math.floor(record.changes().length * 0.6)];
  const dying = createMemoryTarget({ store: store.powerCut({ keep: 'all' }), onCall: failFrom(middle?.index ?? 0) });
  await bench.backup(dying, disk).catch(() => undefined);
  let broken = dying.store.powerCut({ keep: 7 });
  const recovery = recordCalls();
  await bench.backup(createMemoryTarget({ store: broken.powerCut({ keep: 'all' }), onCall: recovery.onCall }), disk);
  for (const { index } of recovery.changes().slice(0, 60)) {
    const again = createMemoryTarget({ store: broken, onCall: failFrom(index) });
    await bench.backup(again, disk).catch(() => undefined);
    broken = again.store.powerCut({ keep: index });
    const reader = createMemoryTarget({ store: broken });
    for (const [id, bytes] of kept)
      await sameAs(bench.restore(reader, id), bytes, `recovery cut at ${index}, version ${id}`);
  }
}, 120_000);

test('a first backup that was cut leaves nothing behind once the next one is done', async () => {
  const bench = new Workbench();
  const disk = new ToyDisk(6 * mebibyte);
  change(disk, 1);
  const record = recordCalls();
  await bench.backup(createMemoryTarget({ volatile: true, onCall: record.onCall }), disk);
  const clean = createMemoryTarget({ volatile: true });
  await bench.backup(clean, disk);
  for (const { index } of record.changes()) {
    const dying = createMemoryTarget({ volatile: true, onCall: failFrom(index) });
    await bench.backup(dying, disk).catch(() => undefined);
    const after = createMemoryTarget({ store: dying.store.powerCut({ keep: index }) });
    const version = await bench.backup(after, disk);
    await sameAs(bench.restore(after, version.id), disk.canonical(), `first backup cut at ${index}`);
    expect(after.store.names().filter((name) => name.endsWith('.vhd'))).toHaveLength(1);
  }
}, 120_000);

test('sequential images: a cut leaves the older version, and no rubbish after the next backup', async () => {
  const bench = new Workbench();
  const disk = new ToyDisk(6 * mebibyte);
  change(disk, 1);
  const target = createMemoryTarget({ facets: [], volatile: true });
  const one = await bench.backup(target, disk);
  const first = disk.canonical();
  change(disk, 2);
  const record = recordCalls();
  await bench.backup(
    createMemoryTarget({ facets: [], store: target.store.powerCut({ keep: 'all' }), onCall: record.onCall }),
    disk,
  );
  for (const { index } of record.changes()) {
    const dying = createMemoryTarget({
      facets: [],
      store: target.store.powerCut({ keep: 'all' }),
      onCall: failFrom(index),
    });
    await bench.backup(dying, disk).catch(() => undefined);
    const after = createMemoryTarget({ facets: [], store: dying.store.powerCut({ keep: index }) });
    await sameAs(bench.restore(after, one.id), first, `cut at ${index}`);
    const versions = new Set([one.id, (await bench.backup(after, disk)).id]);
    const images = after.store.names().filter((name) => name.endsWith('.vhd'));
    expect(images.length).toBeGreaterThanOrEqual(versions.size);
    expect(after.store.names().filter((name) => name.includes('/runs/'))).toEqual([]);
  }
}, 120_000);

/** Room for two images; or for one and what changes. */
test.each([
  ['beside the old one', undefined],
  ['in place', 24 * mebibyte],
])(
  'single version, %s: whenever the power goes, one version or the other restores',
  async (_name, capacity) => {
    const bench = new Workbench();
    const options = { traits: { singleVersion: true }, ...(capacity === undefined ? {} : { capacity }) };
    const disk = new ToyDisk(6 * mebibyte);
    for (let block = 20; block < 1200; block += 1) disk.fill(block, 1 + (block % 90));
    const target = createMemoryTarget({ ...options, volatile: true });
    const one = await bench.backup(target, disk);
    const first = disk.canonical();
    for (let block = 60; block < 100; block += 3) disk.fill(block, 91);
    const second = disk.canonical();
    const record = recordCalls();
    const start = (): MemoryStore => target.store.powerCut({ keep: 'all' });
    await bench.backup(createMemoryTarget({ ...options, store: start(), onCall: record.onCall }), disk);
    for (const { index } of record.changes()) {
      const dying = createMemoryTarget({ ...options, store: start(), onCall: failFrom(index) });
      await bench.backup(dying, disk).catch(() => undefined);
      const after = createMemoryTarget({ ...options, store: dying.store.powerCut({ keep: index }) });
      const left = after.store.names().filter((name) => name.includes('/versions/'));
      const old = left.some((name) => name.includes(one.id));
      if (old) await sameAs(bench.restore(after, one.id), first, `cut at ${index}, the old version`);
      if (!old || left.length > 1)
        await sameAs(bench.restore(after, 'latest'), second, `cut at ${index}, the new version`);
      await bench.backup(after, disk);
      await sameAs(bench.restore(after, 'latest'), second, `cut at ${index}, the next backup`);
    }
  },
  120_000,
);

async function sameAs(found: Promise<Uint8Array>, wanted: Uint8Array, when: string): Promise<void> {
  const bytes = await found.catch((error: unknown) => {
    throw new Error(`${when}: ${String(error)}`, { cause: error });
  });
  if (Buffer.compare(bytes, wanted) !== 0)
    throw new Error(`${when}: differs at ${bytes.findIndex((byte, i) => byte !== wanted[i])}`);
}
