import { expect, test } from '@jest/globals';
import type { Target } from '@sysimage/core';
import { createMemoryTarget, type MemoryStore } from '@sysimage/target-memory';
import fc from 'fast-check';
import { ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;

/** Three versions with changes, frees and space that is used again. */
async function threeVersions(target: Target): Promise<{ bench: Workbench; disk: ToyDisk; ids: string[] }> {
  const bench = new Workbench();
  const disk = new ToyDisk(9 * mebibyte);
  const ids: string[] = [];
  for (const round of [1, 2, 3]) {
    for (let block = 60 + round; block < 900; block += 13) disk.fill(block, round);
    for (let block = 640 * round; block < 640 * round + 160; block += 1) disk.fill(block, round);
    for (let block = 640 * round - 600; block < 640 * round - 560; block += 1) disk.free(block);
    ids.push((await bench.backup(target, disk)).id);
  }
  return { bench, disk, ids };
}

function flip(store: MemoryStore, name: string, at: number): void {
  store.patch(name, at, Uint8Array.of((store.bytes(name)[at] ?? 0) ^ 0x10));
}

test.each([
  ['in place', () => createMemoryTarget()],
  ['whole objects', () => createMemoryTarget({ facets: [] })],
])(
  'one flipped byte anywhere is found, with its object and place: %s',
  async (_name, open) => {
    const target = open();
    const { bench, ids } = await threeVersions(target);
    const whole = await bench.verify(target);
    expect(whole.damages).toEqual([]);
    expect(whole.versions).toEqual(ids.map((id) => ({ id, whole: true })));
    const objects = target.store.names().filter((name) => !name.includes('/leases/'));
    expect(objects.length).toBeGreaterThan(8);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...objects), fc.double({ min: 0, max: 1, noNaN: true }), async (name, where) => {
        const at = Math.min(Math.floor(where * target.store.bytes(name).length), target.store.bytes(name).length - 1);
        flip(target.store, name, at);
        const { damages } = await bench.verify(target);
        flip(target.store, name, at);
        if (!damages.some(({ object, start, end }) => object === name && start <= at && at < end))
          throw new Error(`a flip at byte ${at} of ${name} was not found: ${JSON.stringify(damages)}`);
      }),
      { numRuns: 75 },
    );
    expect((await bench.verify(target)).damages).toEqual([]);
  },
  120_000,
);

test('a damaged grain names the versions that lose it, and no others', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const disk = new ToyDisk(6 * mebibyte);
  disk.fill(300, 1);
  disk.fill(600, 1);
  const one = await bench.backup(target, disk);
  disk.fill(600, 2);
  const two = await bench.backup(target, disk);
  const find = (name: string, block: number): number =>
    Buffer.from(target.store.bytes(name)).indexOf(disk.bytes.subarray(disk.offsetOf(block), disk.offsetOf(block + 1)));
  const image = two.disks[0]?.image.name ?? '';
  // In use by both versions.
  const shared = find(image, 300) + 5;
  flip(target.store, image, shared);
  expect((await bench.verify(target)).versions.map(({ whole }) => whole)).toEqual([false, false]);
  for (const version of [one.id, two.id]) {
    expect((await bench.verify(target, version)).damages.map(({ object }) => object)).toEqual([image]);
  }
  flip(target.store, image, shared);
  // Only the newest has these bytes.
  const own = find(image, 600) + 5;
  flip(target.store, image, own);
  const found = await bench.verify(target);
  expect({ versions: found.versions, damages: found.damages }).toEqual({
    damages: [expect.objectContaining({ object: image, versions: [two.id] })],
    versions: [
      { id: one.id, whole: true },
      { id: two.id, whole: false },
    ],
  });
  expect((await bench.verify(target, one.id)).damages).toEqual([]);
  flip(target.store, image, own);
  const layer = two.disks[0]?.layers[0]?.name ?? '';
  const displaced = new ToyDisk(6 * mebibyte);
  displaced.fill(600, 1);
  const old = displaced.bytes.subarray(displaced.offsetOf(600), displaced.offsetOf(601));
  flip(target.store, layer, Buffer.from(target.store.bytes(layer)).indexOf(old));
  expect((await bench.verify(target)).versions).toEqual([
    { id: one.id, whole: false },
    { id: two.id, whole: true },
  ]);
});

test('what is damaged in the image heals at the next backup, for every version that needs it', async () => {
  const target = createMemoryTarget();
  const { bench, disk, ids } = await threeVersions(target);
  const image = target.store.names().find((name) => name.endsWith('image.vhd')) ?? '';
  const size = target.store.bytes(image).length;
  // Footer, bitmap of the first slot, and bytes all over the payload.
  for (const at of [size - 500, 8192 - 100, ...Array.from({ length: 40 }, (_, i) => 10_000 + i * 150_001)])
    if (at < size) flip(target.store, image, at);
  expect((await bench.verify(target)).damages.length).toBeGreaterThan(10);
  await bench.backup(target, disk, { checkImages: true });
  const after = await bench.verify(target);
  const stillDamaged = after.damages.flatMap(({ versions }) => versions);
  expect(after.versions.at(-1)?.whole).toBe(true);
  expect(after.versions.find(({ id }) => id === ids[2])?.whole).toBe(true);
  expect(after.damages.filter(({ versions }) => versions.length === 0)).toEqual([]);
  // Only what the source no longer has stays lost, to the versions that had it.
  expect(stillDamaged.every((id) => id < (ids[2] ?? ''))).toBe(true);
});

test('beside an unfinished run every version is read through its layer', async () => {
  const target = createMemoryTarget();
  const { bench, disk, ids } = await threeVersions(target);
  for (let block = 100; block < 900; block += 5) disk.fill(block, 7);
  let writes = 0;
  const dying = createMemoryTarget({
    store: target.store,
    onCall: ({ operation }) => {
      if (operation === 'write' && (writes += 1) > 60) throw new Error('the cable was pulled');
    },
  });
  await expect(bench.backup(dying, disk)).rejects.toThrow();
  expect(target.store.names().some((name) => name.includes('/runs/'))).toBe(true);
  const found = await bench.verify(target);
  expect(found.damages).toEqual([]);
  expect(found.versions).toEqual(ids.map((id) => ({ id, whole: true })));
});

test('nothing to verify is not the same as nothing damaged', async () => {
  const target = createMemoryTarget();
  const { bench, ids } = await threeVersions(target);
  await bench.delete(target, ids);
  await expect(bench.verify(target)).rejects.toMatchObject({ code: 'not-found' });
});
