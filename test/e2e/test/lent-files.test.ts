import { expect, test } from '@jest/globals';
import { createEngine, type EngineServices, type Target } from '@sysimage/core';
import { faultKinds } from '@sysimage/faults';
import { createMemoryTarget, failFrom, recordCalls, type MemoryStore } from '@sysimage/target-memory';
import { badLuck, LentFiles, sweepFlow, ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;

/** A workbench whose disks and objects are open files, as far as the engine can tell. */
function lending(): { readonly files: LentFiles; readonly bench: Workbench } {
  const files = new LentFiles();
  return { files, bench: new Workbench((services) => createEngine(files.services(services))) };
}

function smallDisk(): ToyDisk {
  const disk = new ToyDisk(6 * mebibyte);
  for (let block = 100; block < 500; block += 1) disk.fill(block, 5);
  return disk;
}

function same(found: Uint8Array, wanted: Uint8Array): void {
  if (Buffer.compare(found, wanted) === 0) return;
  throw new Error(`differs at byte ${found.findIndex((byte, i) => byte !== wanted[i])}`);
}

/** The version that is there, and a backup after it that is cut when the old bytes are safe and the first of them is to be overwritten. */
async function cutBackup(bench: Workbench): Promise<{ store: MemoryStore; version: string; bytes: Uint8Array }> {
  const target = createMemoryTarget({ volatile: true });
  const disk = smallDisk();
  const { id } = await bench.backup(target, disk);
  const bytes = disk.canonical();
  for (let block = 100; block < 500; block += 5) disk.fill(block, 8);
  const record = recordCalls();
  await bench.backup(
    createMemoryTarget({ store: target.store.powerCut({ keep: 'all' }), onCall: record.onCall }),
    disk,
  );
  const changes = record.changes();
  const over = changes.findLast(
    ({ operation, name }, i) =>
      operation === 'write' && name.endsWith('.vhd') && changes[i - 1]?.name.endsWith('.layer') === true,
  );
  const dying = createMemoryTarget({
    store: target.store.powerCut({ keep: 'all' }),
    onCall: failFrom(over?.index ?? 0),
  });
  await bench.backup(dying, disk).catch(() => undefined);
  return { store: dying.store.powerCut({ keep: 'all' }), version: id, bytes };
}

test('what a version is restored from by number is what it is', async () => {
  const { files, bench } = lending();
  const target = files.target(createMemoryTarget());
  const disk = smallDisk();
  const { id } = await bench.backup(target, disk);
  expect(files.copies).toBeGreaterThan(0);
  files.copies = 0;
  same(await bench.restore(target, id), disk.canonical());
  expect(files.copies).toBeGreaterThan(0);
});

test('a disk that was there before gets nothing that was not checked', async () => {
  const { files, bench } = lending();
  const target = files.target(createMemoryTarget());
  const disk = smallDisk();
  const { id } = await bench.backup(target, disk);
  bench.disks.disks.set('restored.img', new Uint8Array(disk.bytes.length));
  files.copies = 0;
  await bench.restoreOver(target, id);
  same(bench.disks.disks.get('restored.img') ?? new Uint8Array(0), disk.canonical());
  expect(files.copies).toBe(0);
});

test('what was read from a torn layer and copied does not stay, when the image still has the right bytes', async () => {
  const { files, bench } = lending();
  const { store, version, bytes } = await cutBackup(bench);
  const layer = store.names().find((name) => name.endsWith('.layer')) ?? '';
  const { length } = store.bytes(layer);
  for (const part of [0.3, 0.6, 0.9]) store.patch(layer, Math.floor(length * part), Uint8Array.of(1, 2, 3));
  const target = files.target(createMemoryTarget({ store }));
  files.copies = 0;
  same(await bench.restore(target, version), bytes);
  expect(files.copies).toBeGreaterThan(0);
});

test('what was copied by half, and is zeros when it is read again, is zeros in the image', async () => {
  for (let when = 1; when < 40; when += 1) {
    const files = new LentFiles(() => true);
    const bench = new Workbench((services) => createEngine(files.services(services)));
    const disk = smallDisk();
    let writes = 0;
    const target = createMemoryTarget({
      // A disk that nobody writes to changes all the same when it is dying.
      onCall: ({ operation, name }) => {
        if (operation !== 'write' || !name.endsWith('.vhd')) return;
        writes += 1;
        if (writes === when) disk.bytes.fill(0, disk.offsetOf(100), disk.offsetOf(480));
      },
    });
    const { id } = await bench.backup(files.target(target), disk);
    expect(await bench.restore(target, id)).toHaveLength(disk.bytes.length);
    expect((await bench.verify(target)).damages).toEqual([]);
  }
});

test.each(['first backup', 'first backup of several disks'])(
  'whatever happens while bytes are copied, and half of the copies come to nothing: %s',
  async (name) => {
    const files = new LentFiles(badLuck(3, 4));
    const options = {
      engine: (services: EngineServices) => createEngine(files.services(services)),
      between: (target: Target) => files.target(target),
      seed: 3,
    };
    expect(await sweepFlow(name, ['disappear'], { ...options, keeps: ['none', 1, 2] })).toBeGreaterThan(10);
    const others = faultKinds.filter((kind) => kind !== 'disappear');
    expect(await sweepFlow(name, others, { ...options, keeps: [2], most: 4 })).toBeGreaterThan(4);
    expect(files.copies).toBeGreaterThan(0);
  },
  120_000,
);
