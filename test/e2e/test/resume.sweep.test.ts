import { expect, test } from '@jest/globals';
import { createMemoryTarget, type MemoryStore } from '@sysimage/target-memory';
import { ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;

function fullDisk(size: number): ToyDisk {
  const disk = new ToyDisk(size);
  for (let block = 20; block < disk.blockCount - 300; block += 1) disk.fill(block, 1 + (block % 200));
  return disk;
}

/** The store as a first backup leaves it that is cut when it has written so many bytes. */
async function cutAfter(bench: Workbench, disk: ToyDisk, bytes: number): Promise<MemoryStore> {
  const target = createMemoryTarget({ volatile: true });
  const watched = createMemoryTarget({
    store: target.store,
    onCall: () => {
      if (target.store.bytesWritten > bytes) throw new Error('the power went');
    },
  });
  await expect(bench.backup(watched, disk)).rejects.toThrow();
  return target.store.powerCut({ keep: 3 });
}

test('a first backup that was cut is gone on with: what is there is not written again', async () => {
  const bench = new Workbench();
  const disk = fullDisk(120 * mebibyte);
  const store = await cutAfter(bench, disk, 100 * mebibyte);
  const before = store.bytesWritten;
  const target = createMemoryTarget({ store });
  const version = await bench.backup(target, disk);
  expect(bench.events).toContainEqual({ event: 'resumed', run: expect.any(String) });
  expect(store.bytesWritten - before).toBeLessThan(60 * mebibyte);
  expect(Buffer.compare(await bench.restore(target, version.id), disk.canonical())).toBe(0);
  expect((await bench.verify(target)).damages).toEqual([]);
  expect(store.names().filter((name) => /\/(?:runs|leases)\//u.test(name))).toEqual([]);
});

test('what changed on the disk meanwhile is taken as it is now', async () => {
  const bench = new Workbench();
  const disk = fullDisk(120 * mebibyte);
  const target = createMemoryTarget({ store: await cutAfter(bench, disk, 90 * mebibyte) });
  for (let block = 500; block < 15_000; block += 97) disk.fill(block, 7);
  for (let block = 1600; block < 3200; block += 1) disk.free(block);
  for (let block = 4800; block < 4900; block += 1) disk.fill(block, 0);
  const version = await bench.backup(target, disk);
  expect(Buffer.compare(await bench.restore(target, version.id), disk.canonical())).toBe(0);
  expect((await bench.verify(target)).damages).toEqual([]);
});

test('cut again and again, it comes to its end', async () => {
  const bench = new Workbench();
  const disk = fullDisk(120 * mebibyte);
  let store = await cutAfter(bench, disk, 40 * mebibyte);
  for (let round = 0; round < 3; round += 1) {
    const until = store.bytesWritten + 36 * mebibyte;
    const dying = createMemoryTarget({
      store,
      onCall: () => {
        if (store.bytesWritten > until) throw new Error('the power went');
      },
    });
    const done = await bench.backup(dying, disk).catch(() => undefined);
    store = store.powerCut({ keep: round });
    if (done !== undefined) break;
  }
  const target = createMemoryTarget({ store });
  const version = await bench.backup(target, disk);
  expect(Buffer.compare(await bench.restore(target, version.id), disk.canonical())).toBe(0);
  expect((await bench.verify(target)).damages).toEqual([]);
  expect(store.names().filter((name) => name.endsWith('.vhd'))).toHaveLength(1);
});

test('another disk, or one of another size, begins anew, and nothing is left of the first', async () => {
  const bench = new Workbench();
  const store = await cutAfter(bench, fullDisk(120 * mebibyte), 80 * mebibyte);
  const target = createMemoryTarget({ store });
  const disk = fullDisk(8 * mebibyte);
  const version = await bench.backup(target, disk);
  expect(Buffer.compare(await bench.restore(target, version.id), disk.canonical())).toBe(0);
  await bench.backup(target, disk);
  const images = store.names().filter((name) => name.endsWith('.vhd'));
  expect(images).toEqual([version.disks[0]?.image.name]);
});

test('a target that is full is left without what could not be finished', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget({ capacity: 40 * mebibyte });
  await expect(bench.backup(target, fullDisk(120 * mebibyte))).rejects.toMatchObject({ code: 'no-space' });
  expect(target.store.names()).toEqual(['sysimage/bench/computer.json']);
});
