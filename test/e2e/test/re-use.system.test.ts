import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import type { RandomFile, Target, VersionRecord } from '@sysimage/core';
import { judgeByQemu, makeScratch } from '@sysimage/fixtures';
import { createMemoryTarget, type MemoryStore, type MemoryTarget } from '@sysimage/target-memory';
import { firstBlockOf, ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;
const blocksPerSlot = 512;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

/** A disk of ten blocks of its image, of which the middle ones come and go. */
class Series {
  readonly bench = new Workbench();
  readonly disk = new ToyDisk(20 * mebibyte);
  readonly target: MemoryTarget<'random' | 'capacity'> = createMemoryTarget({ volatile: true });
  readonly kept = new Map<string, Uint8Array>();
  readonly #door: (target: Target) => Target;

  constructor(door: (target: Target) => Target = (target) => target) {
    this.#door = door;
  }

  /** Takes some 4 KiB of each grain of these blocks of the image into use, or nearly all of one grain. */
  fill(pattern: number, ...slots: readonly number[]): void {
    for (const slot of slots)
      for (let block = 0; block < blocksPerSlot; block += 9) this.disk.fill(firstBlockOf(slot) + block, pattern);
  }

  free(...slots: readonly number[]): void {
    for (const slot of slots)
      for (let block = 0; block < blocksPerSlot; block += 1) this.disk.free(firstBlockOf(slot) + block);
  }

  async backUp(target: Target = this.target): Promise<VersionRecord> {
    const version = await this.bench.backup(this.#door(target), this.disk);
    this.kept.set(version.id, this.disk.canonical());
    return version;
  }

  async delete(version: VersionRecord, rollBack = false): Promise<void> {
    await this.bench.delete(this.#door(this.target), [version.id], rollBack);
    this.kept.delete(version.id);
  }

  imageBytes(): Uint8Array {
    return this.target.store.bytes(this.target.store.names().find((name) => name.endsWith('.vhd')) ?? '');
  }

  /** Every version restores, and nothing stands where nothing should. */
  async judge(): Promise<void> {
    for (const [id, bytes] of this.kept)
      expect([id, Buffer.compare(await this.bench.restore(this.target, id), bytes)]).toEqual([id, 0]);
    expect((await this.bench.verify(this.target)).damages).toEqual([]);
  }

  /** QEMU reads the newest version from the image alone, where no older one has anything beside it. */
  async judgeImage(): Promise<void> {
    const [vhd, raw] = [scratch.at('image.vhd'), scratch.at('disk.img')];
    writeFileSync(vhd, this.imageBytes());
    writeFileSync(raw, [...this.kept.values()].at(-1) ?? Buffer.of());
    await judgeByQemu(vhd, raw);
  }
}

/** The same target on a medium that cannot make holes. */
function withoutHoles(target: Target): Target {
  const { random } = target.facets;
  if (random === undefined) return target;
  const solid = (file: RandomFile): RandomFile => ({
    size: () => file.size(),
    read: (offset, into) => file.read(offset, into),
    write: (offset, bytes) => file.write(offset, bytes),
    truncate: (size) => file.truncate(size),
    flush: () => file.flush(),
    close: () => file.close(),
  });
  return {
    ...target,
    facets: { ...target.facets, random: { open: async (...call) => solid(await random.open(...call)) } },
  };
}

test.each([
  ['holes', (target: Target): Target => target],
  ['no holes', withoutHoles],
])('files that go make room in the image for others elsewhere, with %s', async (_, door) => {
  const series = new Series(door);
  series.fill(1, 2, 3, 4);
  const one = await series.backUp();
  series.free(2, 3, 4);
  series.fill(2, 5);
  const two = await series.backUp();
  const before = series.imageBytes().length;
  await series.delete(one);
  series.fill(3, 6, 7);
  // Of this block only one grain is in use.
  series.disk.fill(firstBlockOf(8) + 77, 4);
  const three = await series.backUp();
  expect(series.imageBytes().length).toBe(before);
  await series.judge();
  await series.judgeImage();

  series.free(5, 6);
  const four = await series.backUp();
  await series.delete(two);
  await series.delete(three);
  series.fill(5, 2, 3);
  await series.backUp();
  expect(series.imageBytes().length).toBe(before);
  await series.judge();
  await series.delete(four);
  await series.judge();
  await series.judgeImage();
});

test('what a version still needs keeps its place, and the image grows', async () => {
  const series = new Series();
  series.fill(1, 2, 3);
  await series.backUp();
  series.free(2, 3);
  await series.backUp();
  const before = series.imageBytes().length;
  series.fill(2, 5, 6);
  await series.backUp();
  expect(series.imageBytes().length).toBeGreaterThan(before + 4 * mebibyte);
  await series.judge();
});

test('an image that somebody touched grows: nobody knows what is free in it', async () => {
  const series = await seriesWithRoom();
  const image = series.target.store.names().find((name) => name.endsWith('.vhd'));
  if (image === undefined) throw new Error('there is no image');
  const file = await series.target.facets.random.open(image, { exclusive: true });
  // The same byte once more.
  await file.write(0, series.imageBytes().slice(0, 1));
  await file.close();
  const before = series.imageBytes().length;
  series.fill(2, 5);
  await series.backUp();
  expect(series.imageBytes().length).toBeGreaterThan(before);
  await series.judge();
});

test('the version that took a place is taken back: the place is empty again, and belongs to whom it belonged', async () => {
  const series = await seriesWithRoom();
  const before = series.imageBytes();
  series.fill(2, 5, 6);
  const version = await series.backUp();
  expect(series.imageBytes().length).toBe(before.length);
  await series.delete(version, true);
  expect(series.imageBytes().length).toBe(before.length);
  await series.judge();
  await series.judgeImage();
});

test('the power goes while a place changes hands: the run is taken back, and needs no other backup for it', async () => {
  const series = await seriesWithRoom();
  const newest = [...series.kept.keys()].at(-1) ?? '';
  series.fill(9, 5);
  /** The calls of a backup that dies after so many of them, and what the medium keeps of it. */
  const backUpUntil = async (last: number): Promise<{ calls: number; store: MemoryStore }> => {
    let calls = 0;
    const store = series.target.store.powerCut({ keep: 'all' });
    const onCall = (): void => {
      if ((calls += 1) > last) throw new Error('the power is gone');
    };
    await new Workbench().backup(createMemoryTarget({ store, onCall }), series.disk).catch(() => undefined);
    return { calls, store };
  };
  const { calls } = await backUpUntil(Infinity);
  for (let last = Math.floor(calls / 4); last < calls; last += 3) {
    const { store } = await backUpUntil(last);
    const after = createMemoryTarget({ store: store.powerCut({ keep: last }) });
    const bench = new Workbench();
    // Whoever takes the lease takes back what was cut.
    await bench.compact(after);
    expect([last, (await bench.verify(after)).damages]).toEqual([last, []]);
    expect(Buffer.compare(await bench.restore(after, newest), series.kept.get(newest) ?? Buffer.of())).toBe(0);
  }
});

/** Two versions, and two blocks of the image of which no map speaks any more. */
async function seriesWithRoom(): Promise<Series> {
  const series = new Series();
  series.fill(1, 2, 3);
  const one = await series.backUp();
  series.free(2, 3);
  await series.backUp();
  await series.delete(one);
  await series.backUp();
  return series;
}
