import { expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import fc from 'fast-check';
import { SysimageError } from '../../src/contract/errors.js';
import { CanonicalReader } from '../../src/flow/canonical-reader.js';
import { grainSize } from '../../src/image/grain.js';
import { settle } from '../fake-clock.js';
import { hasher } from '../hasher.js';
import { sourceOf } from '../small-disk.js';

const runSize = 32 * grainSize;
const diskSize = 80 * grainSize + 1536;
const disk = new Uint8Array(diskSize).map((_, at) => (at % 251) + 1);
const everything = ExtentSet.of({ start: 0, end: diskSize });

async function readAll(reader: CanonicalReader, end = 81 * grainSize): Promise<ReadonlyMap<number, Uint8Array>> {
  const grains = new Map<number, Uint8Array>();
  for await (const run of reader.runs(0, end, hasher)) {
    expect(run.bytes.length % grainSize).toBe(0);
    for (let i = 0; i * grainSize < run.bytes.length; i += 1) {
      grains.set(run.grain + i, run.bytes.slice(i * grainSize, (i + 1) * grainSize));
    }
    run.release();
  }
  return grains;
}

/** The canonical bytes of the whole disk, filled up to a whole grain. */
function canonical(allocated: ExtentSet): Uint8Array {
  const bytes = new Uint8Array(81 * grainSize);
  for (const { start, end } of allocated) bytes.set(disk.subarray(start, end), start);
  return bytes;
}

test('grains in use come in order, zeros wherever the map has nothing, zeros behind the end of the disk', async () => {
  const bound = fc.nat(diskSize);
  const sets = fc
    .array(fc.tuple(bound, fc.nat(3 * grainSize)), { maxLength: 5 })
    .map((runs) => ExtentSet.from(runs.map(([start, length]) => ({ start, end: Math.min(start + length, diskSize) }))));
  await fc.assert(
    fc.asyncProperty(fc.oneof(sets, fc.constant(everything)), async (allocated) => {
      const reader = new CanonicalReader(sourceOf(disk), allocated);
      const wanted = canonical(allocated);
      const grains = await readAll(reader);
      expect([...grains.keys()]).toEqual([...grains.keys()].toSorted((a, b) => a - b));
      expect(grains.size * grainSize).toBe(reader.size);
      for (let grain = 0; grain <= 80; grain += 1) {
        const used = allocated.touches(grain * grainSize, (grain + 1) * grainSize);
        const found = grains.get(grain);
        expect(found !== undefined).toBe(used);
        if (found === undefined) continue;
        expect(Buffer.compare(found, wanted.subarray(grain * grainSize, (grain + 1) * grainSize))).toBe(0);
      }
      const direct = new Uint8Array(wanted.length).fill(0xaa);
      await reader.read(0, direct);
      expect(Buffer.compare(direct, wanted)).toBe(0);
      expect(reader.unreadable.isEmpty).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('behind the end of the disk there are zeros', async () => {
  const reader = new CanonicalReader(sourceOf(disk), everything);
  const into = new Uint8Array(2 * grainSize).fill(9);
  await reader.read(90 * grainSize, into);
  expect(into.every((byte) => byte === 0)).toBe(true);
});

test('what cannot be read is narrowed down to 4 KiB, becomes zeros and is named; what is not in the map is no loss', async () => {
  // Neither the first sector nor the last one tells that a disk is gone.
  const bad = [
    { start: 0, end: 1 },
    { start: 5 * grainSize + 4096 * 3 + 7, end: 5 * grainSize + 4096 * 3 + 8 },
    { start: 20 * grainSize, end: 20 * grainSize + 8192 },
    { start: diskSize - 1, end: diskSize },
  ];
  const allocated = ExtentSet.of({ start: 0, end: 20 * grainSize + 100 }, { start: 21 * grainSize, end: diskSize });
  const reader = new CanonicalReader(sourceOf(disk, { bad }), allocated);
  const grains = await readAll(reader);
  const lost = ExtentSet.of(
    { start: 0, end: 4096 },
    { start: 5 * grainSize + 4096 * 3, end: 5 * grainSize + 4096 * 4 },
    { start: 20 * grainSize, end: 20 * grainSize + 100 },
    { start: 80 * grainSize, end: diskSize },
  );
  expect([...reader.unreadable]).toEqual([...lost]);
  const wanted = canonical(allocated.subtract(lost));
  for (const [grain, bytes] of grains) {
    expect(Buffer.compare(bytes, wanted.subarray(grain * grainSize, (grain + 1) * grainSize))).toBe(0);
  }
});

test.each(['unavailable', 'denied', 'internal'] as const)(
  'an error that is not the medium (%s) is no bad sector',
  async (code) => {
    const source = sourceOf(disk, { read: () => Promise.reject(new SysimageError(code, 'no')) });
    const reader = new CanonicalReader(source, everything);
    await expect(readAll(reader)).rejects.toMatchObject({ code });
    expect(reader.unreadable.isEmpty).toBe(true);
  },
);

test('reads go in runs of 2 MiB at most that end where blocks do, inside the range that is asked for', async () => {
  const source = sourceOf(disk);
  const reader = new CanonicalReader(source, everything);
  for await (const run of reader.runs(grainSize, 72 * grainSize, hasher)) {
    expect(run.grain).toBeGreaterThan(0);
    run.release();
  }
  expect(source.reads).toEqual([
    { start: grainSize, end: runSize },
    { start: runSize, end: 2 * runSize },
    { start: 2 * runSize, end: 72 * grainSize },
  ]);
});

const largeSize = 20 * runSize;
const large = { start: 0, end: largeSize };

test('three runs are read while one is worked on, and no more than that', async () => {
  const source = sourceOf(new Uint8Array(largeSize).map((_, at) => (at >>> 12) + 1));
  const runs = new CanonicalReader(source, ExtentSet.of(large)).runs(0, largeSize, hasher);
  for (const wanted of [4, 5, 6]) {
    const { value } = await runs.next();
    if (value === undefined) throw new Error('ended too early');
    const copy = value.bytes.slice();
    await settle();
    expect(source.reads).toHaveLength(wanted);
    // Reading ahead must not touch what is worked on.
    expect(Buffer.compare(value.bytes, copy)).toBe(0);
    value.release();
  }
  await runs.return(undefined);
});

test('runs that are not released keep more from being read, and keep their bytes', async () => {
  const source = sourceOf(new Uint8Array(largeSize).map((_, at) => (at >>> 12) + 1));
  const runs = new CanonicalReader(source, ExtentSet.of(large)).runs(0, largeSize, hasher);
  const held: { readonly bytes: Uint8Array; readonly copy: Uint8Array; readonly release: () => void }[] = [];
  for (let i = 0; i < 5; i += 1) {
    const { value } = await runs.next();
    if (value === undefined) throw new Error('ended too early');
    held.push({ bytes: value.bytes, copy: value.bytes.slice(), release: value.release });
  }
  const sixth = runs.next();
  await settle();
  expect(source.reads).toHaveLength(8);
  for (const { bytes, copy } of held) expect(Buffer.compare(bytes, copy)).toBe(0);
  held[0]?.release();
  expect((await sixth).value?.grain).toBe(5 * 32);
  expect(source.reads).toHaveLength(9);
});

test('a failure is heard when its turn comes, after what was read before it', async () => {
  const source = sourceOf(disk, {
    read: async (offset, into) => {
      if (offset > 0) throw new SysimageError('unavailable', 'gone');
      into.fill(1);
    },
  });
  const runs = new CanonicalReader(source, everything).runs(0, 81 * grainSize, hasher);
  expect((await runs.next()).value?.grain).toBe(0);
  await settle();
  await expect(runs.next()).rejects.toMatchObject({ code: 'unavailable' });
});

test('whoever stops early finds no read under way, so that the disk can be closed', async () => {
  let underWay = 0;
  const source = sourceOf(disk, {
    read: async () => {
      underWay += 1;
      await settle();
      underWay -= 1;
    },
  });
  const reader = new CanonicalReader(source, everything);
  for await (const run of reader.runs(0, 81 * grainSize, hasher)) {
    expect(run.grain).toBe(0);
    break;
  }
  expect(underWay).toBe(0);
});

test('cancelled: nothing more is read', async () => {
  const abort = new AbortController();
  const source = sourceOf(new Uint8Array(largeSize));
  const reader = new CanonicalReader(source, ExtentSet.of(large), abort.signal);
  const runs = reader.runs(0, largeSize, hasher);
  await runs.next();
  abort.abort();
  const before = source.reads.length;
  await expect(
    (async () => {
      for (;;) if ((await runs.next()).done === true) return;
    })(),
  ).rejects.toMatchObject({ code: 'cancelled' });
  await expect(reader.read(0, new Uint8Array(grainSize))).rejects.toMatchObject({ code: 'cancelled' });
  expect(source.reads).toHaveLength(before);
});
