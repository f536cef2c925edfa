import { expect, test } from '@jest/globals';
import { readCatalog, type FacetName, type Target } from '@sysimage/core';
import { createMemoryTarget } from '@sysimage/target-memory';
import fc from 'fast-check';
import { ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;

function same(found: Uint8Array, wanted: Uint8Array): void {
  if (Buffer.compare(found, wanted) === 0) return;
  const at = found.findIndex((byte, i) => byte !== wanted[i]);
  throw new Error(`differs at byte ${at} of ${wanted.length} (${found.length}): ${found[at]} instead of ${wanted[at]}`);
}

const shapes: readonly (readonly [string, () => Target])[] = [
  ['random', () => createMemoryTarget()],
  ['whole objects', () => createMemoryTarget({ facets: [] })],
  ['batches, write once', () => createMemoryTarget({ facets: ['batch'], traits: { writeOnce: true } })],
];

test.each(shapes)('backup, change, backup, restore of both versions: %s', async (_name, open) => {
  const bench = new Workbench();
  const target = open();
  const disk = new ToyDisk(12 * mebibyte);
  for (let block = 100; block < 300; block += 3) disk.fill(block, block);
  const first = disk.canonical();
  const one = await bench.backup(target, disk);
  for (let block = 100; block < 200; block += 6) disk.free(block);
  for (let block = 150; block < 400; block += 7) disk.fill(block, block + 1);
  const second = disk.canonical();
  const two = await bench.backup(target, disk);
  same(await bench.restore(target, one.id), first);
  same(await bench.restore(target, two.id), second);
  same(await bench.restore(target, 'latest'), second);
});

type Step = {
  readonly kind: 'fill' | 'free';
  readonly whole: boolean;
  readonly block: number;
  readonly pattern: number;
};
const blocksPerGrain = 16;
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('fill', 'free'),
  whole: fc.boolean(),
  block: fc.integer({ min: 16, max: 140 }),
  pattern: fc.nat(3),
});

function apply(disk: ToyDisk, steps: readonly Step[]): void {
  for (const { kind, whole, block, pattern } of steps) {
    // Whole grains come and go often enough that one is freed, and used again two versions later.
    const first = whole ? block - (block % blocksPerGrain) : block;
    for (let at = first; at < first + (whole ? blocksPerGrain : 1); at += 1) {
      if (kind === 'fill') disk.fill(at, pattern);
      else disk.free(at);
    }
  }
}

test('any number of versions, whatever is filled, freed and used again, all restore', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 30 }), { minLength: 1, maxLength: 5 }), async (rounds) => {
      const bench = new Workbench();
      const target = createMemoryTarget();
      const disk = new ToyDisk(5 * mebibyte);
      const kept: { id: string; bytes: Uint8Array }[] = [];
      for (const steps of rounds) {
        apply(disk, steps);
        kept.push({ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() });
      }
      for (const { id, bytes } of kept) same(await bench.restore(target, id), bytes);
    }),
    { numRuns: 30 },
  );
}, 120_000);

test('freed, used again, third backup: the first version still has what was there', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = new ToyDisk(6 * mebibyte);
  disk.fill(300, 1);
  const first = disk.canonical();
  const one = await bench.backup(target, disk);
  disk.free(300);
  const two = await bench.backup(target, disk);
  const second = disk.canonical();
  disk.fill(300, 2);
  await bench.backup(target, disk);
  same(await bench.restore(target, one.id), first);
  same(await bench.restore(target, two.id), second);
});

test('an unchanged disk costs next to nothing, a change about twice itself', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = new ToyDisk(64 * mebibyte);
  for (let block = 100; block < 12_000; block += 1) disk.fill(block, block % 200);
  await bench.backup(target, disk);
  const before = target.store.bytesWritten;
  await bench.backup(target, disk);
  const unchanged = target.store.bytesWritten - before;
  expect(unchanged).toBeLessThan(256 * 1024);
  for (let block = 1000; block < 2000; block += 16) disk.fill(block, 201);
  const changed = await bench.backup(target, disk);
  expect(target.store.bytesWritten - before - unchanged).toBeLessThanOrEqual(
    2 * changed.disks[0]!.changedBytes + 2 * mebibyte,
  );
  expect(changed.disks[0]!.changedBytes).toBe(63 * 65_536);
});

test.each([
  ['a new file that is to be read back', 'new'],
  ['a disk with another layout', 'old'],
])('what %s does not hold after it was written is noticed', async (_, kind) => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = new ToyDisk(6 * mebibyte);
  for (let block = 290; block < 310; block += 1) disk.fill(block, 5);
  const { id } = await bench.backup(target, disk);
  const at = disk.offsetOf(300) + 17;
  bench.disks.loses = { start: at, end: at + 1 };
  if (kind === 'old') {
    bench.disks.disks.set('restored.img', new ToyDisk(6 * mebibyte, 0x11111111).bytes);
    await expect(bench.restoreOver(target, id, true)).rejects.toMatchObject({ code: 'corrupt' });
    return;
  }
  await expect(bench.restore(target, id, 0, true)).rejects.toMatchObject({
    code: 'corrupt',
    context: { disk: 'restored.img', offset: Math.floor(at / 65536) * 65536 },
  });
  expect(bench.disks.disks.has('restored.img')).toBe(false);
});

test('single version: the new one replaces the old one, which goes last', async () => {
  const facets: readonly (readonly FacetName[])[] = [['random', 'capacity'], []];
  for (const wanted of facets) {
    const bench = new Workbench();
    const target = createMemoryTarget({
      facets: wanted as readonly ('random' | 'capacity')[],
      traits: { singleVersion: true },
    });
    const disk = new ToyDisk(6 * mebibyte);
    disk.fill(300, 1);
    await bench.backup(target, disk);
    disk.fill(300, 2);
    await bench.backup(target, disk);
    const catalog = await readCatalog(target, 'bench', bench.services.hasher);
    expect(catalog.versions).toHaveLength(1);
    same(await bench.restore(target, 'latest'), disk.canonical());
    const images = target.store.names().filter((name) => name.endsWith('.vhd'));
    expect(images).toHaveLength(1);
  }
});

test('single version without room for two: in place, and still both ways out', async () => {
  const bench = new Workbench();
  const disk = new ToyDisk(24 * mebibyte);
  for (let block = 20; block < 4000; block += 1) disk.fill(block, block % 99);
  const target = createMemoryTarget({ capacity: 44 * mebibyte, traits: { singleVersion: true } });
  await bench.backup(target, disk);
  disk.fill(300, 2);
  const version = await bench.backup(target, disk);
  const catalog = await readCatalog(target, 'bench', bench.services.hasher);
  expect(catalog.versions.map(({ id }) => id)).toEqual([version.id]);
  expect(target.store.names().filter((name) => name.endsWith('.layer'))).toEqual([]);
  same(await bench.restore(target, 'latest'), disk.canonical());
});

test('what cannot be read becomes zeros, is named, and costs nothing else', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = new ToyDisk(6 * mebibyte);
  for (let block = 290; block < 310; block += 1) disk.fill(block, 5);
  bench.disks.bad.set('disk.img', { start: disk.offsetOf(300) + 10, end: disk.offsetOf(300) + 20 });
  const version = await bench.backup(target, disk);
  expect(version.disks[0]?.unreadable).toEqual([{ start: disk.offsetOf(300), end: disk.offsetOf(301) }]);
  const wanted = disk.canonical();
  wanted.fill(0, disk.offsetOf(300), disk.offsetOf(301));
  same(await bench.restore(target, 'latest'), wanted);
});

test('an image that somebody damaged is mended by the next backup, and says so', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = new ToyDisk(6 * mebibyte);
  for (let block = 290; block < 400; block += 1) disk.fill(block, 5);
  const one = await bench.backup(target, disk);
  const image = target.store.names().find((name) => name.endsWith('.vhd'))!;
  const block = disk.bytes.subarray(disk.offsetOf(350), disk.offsetOf(351));
  const at = Buffer.from(target.store.bytes(image)).indexOf(block);
  expect(at).toBeGreaterThan(0);
  const touched = target.store.bytes(image);
  touched[at] = (touched[at] ?? 0) ^ 255;
  target.store.set(image, touched);
  await expect(bench.restore(target, one.id)).rejects.toMatchObject({ code: 'corrupt', context: { object: image } });
  const two = await bench.backup(target, disk);
  expect(two.findings.map(({ policy }) => policy)).toContain('target/damaged-image');
  same(await bench.restore(target, two.id), disk.canonical());
  same(await bench.restore(target, one.id), disk.canonical());
});

test('a lost image is begun anew', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = new ToyDisk(6 * mebibyte);
  await bench.backup(target, disk);
  const image = target.store.names().find((name) => name.endsWith('.vhd'))!;
  target.store.patch(image, 600, new Uint8Array(2000).fill(0x5a));
  disk.fill(300, 2);
  const two = await bench.backup(target, disk);
  expect(two.findings.map(({ policy }) => policy)).toContain('target/damaged-image');
  same(await bench.restore(target, two.id), disk.canonical());
});

test('the newest record is damaged: it is listed as lost, the older versions stay, and the next backup begins a new image', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = new ToyDisk(6 * mebibyte);
  const kept: { id: string; bytes: Uint8Array }[] = [];
  for (const pattern of [1, 2, 3]) {
    for (let block = 100 + pattern; block < 400; block += 5) disk.fill(block, pattern);
    kept.push({ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() });
  }
  const newest = kept.pop();
  target.store.patch(`sysimage/bench/versions/${newest?.id}.json`, 200, Uint8Array.of(0x21));
  const readAll = async (): Promise<void> => {
    for (const { id, bytes } of kept) same(await bench.restore(target, id), bytes);
    const { lost } = await readCatalog(target, 'bench', bench.services.hasher);
    expect(lost.map(({ id }) => id)).toEqual([newest?.id]);
  };
  await readAll();
  disk.fill(150, 9);
  for (let round = 0; round < 2; round += 1) {
    disk.fill(200 + round, 9);
    kept.push({ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() });
    await readAll();
  }
});
