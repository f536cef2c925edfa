import { expect, test } from '@jest/globals';
import { ExtentSet, type Extent } from '@sysimage/extents';
import fc from 'fast-check';
import type { DiskLayout, Volume } from '../../src/model/disk-layout.js';
import { diskAllocation } from '../../src/plan/disk-allocation.js';
import { emptyLayout } from '../records.js';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const size = 64 * mebibyte;
const tables = ExtentSet.of({ start: 0, end: 512 });
const leaveGaps = { gaps: false };

function volume(partition: number, start: number, end: number): Volume {
  return { partition, start, size: end - start, consistency: 'clean', copied: 'used', usedBytes: 0 };
}

function layoutWith(...volumes: Volume[]): DiskLayout {
  return { ...emptyLayout, size, volumes };
}

function inMebibytes(set: ExtentSet): readonly (readonly [number, number])[] {
  return [...set].map(({ start, end }) => [start / mebibyte, end / mebibyte] as const);
}

test('of a volume with a map: its blocks in use, the first 64 KiB and the last MiB', () => {
  const used: Extent = { start: 20 * mebibyte, end: 21 * mebibyte };
  const { allocated, skippedGaps } = diskAllocation(
    layoutWith(volume(1, mebibyte, 63 * mebibyte)),
    tables,
    new Map([[1, ExtentSet.of(used)]]),
    leaveGaps,
  );
  expect([...allocated]).toEqual([
    { start: 0, end: mebibyte + 64 * kibibyte },
    used,
    { start: 62 * mebibyte, end: size },
  ]);
  expect(skippedGaps.isEmpty).toBe(true);
});

test('of a volume without a map: all of it', () => {
  const layout = layoutWith(volume(1, 8 * mebibyte, 40 * mebibyte));
  const { allocated } = diskAllocation(layout, ExtentSet.empty, new Map(), leaveGaps);
  expect(inMebibytes(allocated)).toEqual([
    [0, 1],
    [7, 41],
    [63, 64],
  ]);
});

test('gaps up to 2 MiB are taken whole, and of larger ones a MiB at both ends', () => {
  const at = (gap: number) =>
    diskAllocation(
      layoutWith(volume(1, 0, 10 * mebibyte), volume(2, 10 * mebibyte + gap, size)),
      ExtentSet.empty,
      new Map(),
      leaveGaps,
    ).skippedGaps;
  expect(at(0).isEmpty).toBe(true);
  expect(at(512).isEmpty).toBe(true);
  expect(at(2 * mebibyte).isEmpty).toBe(true);
  expect([...at(2 * mebibyte + 512)]).toEqual([{ start: 11 * mebibyte, end: 11 * mebibyte + 512 }]);
  expect(inMebibytes(at(20 * mebibyte))).toEqual([[11, 29]]);
});

test('with the option every gap is taken', () => {
  const { allocated, skippedGaps } = diskAllocation(layoutWith(), tables, new Map(), { gaps: true });
  expect([...allocated]).toEqual([{ start: 0, end: size }]);
  expect(skippedGaps.isEmpty).toBe(true);
});

test('a table in the middle of a gap is taken', () => {
  const { allocated, skippedGaps } = diskAllocation(
    layoutWith(),
    ExtentSet.of({ start: 0, end: 512 }, { start: 32 * mebibyte, end: 32 * mebibyte + 512 }),
    new Map(),
    leaveGaps,
  );
  expect(allocated.covers(31 * mebibyte, 33 * mebibyte)).toBe(true);
  expect(skippedGaps.count).toBe(2);
});

test('a volume smaller than its margins is taken whole', () => {
  const small = volume(1, 30 * mebibyte, 30 * mebibyte + 1536);
  const { allocated } = diskAllocation(layoutWith(small), tables, new Map([[1, ExtentSet.empty]]), leaveGaps);
  expect(allocated.covers(30 * mebibyte, 30 * mebibyte + 1536)).toBe(true);
});

test('a map reaches into no other volume, not even where partitions overlap', () => {
  const volumes = [volume(1, 10 * mebibyte, 30 * mebibyte), volume(2, 20 * mebibyte, 40 * mebibyte)];
  const stray = ExtentSet.of({ start: 0, end: size });
  const { allocated } = diskAllocation(
    layoutWith(...volumes),
    tables,
    new Map([
      [1, stray],
      [2, ExtentSet.empty],
    ]),
    leaveGaps,
  );
  expect(allocated.covers(10 * mebibyte, 30 * mebibyte)).toBe(true);
  expect(allocated.touches(31 * mebibyte, 39 * mebibyte)).toBe(false);
});

test('a volume that reaches or lies beyond the end of the disk', () => {
  const over = volume(1, 60 * mebibyte, 90 * mebibyte);
  const beyond = volume(2, 70 * mebibyte, 90 * mebibyte);
  const { allocated } = diskAllocation(layoutWith(over, beyond), tables, new Map(), leaveGaps);
  expect(allocated.hull).toEqual({ start: 0, end: size });
  expect(allocated.covers(60 * mebibyte, size)).toBe(true);
});

test('whatever the layout: nothing in use is left out, and nothing but gaps and free blocks', () => {
  const offset = fc.integer({ min: 0, max: 140 }).map((half) => half * mebibyte * 0.5);
  const ranges = fc.array(fc.tuple(offset, offset), { maxLength: 4 });
  const used = fc.option(
    fc
      .array(fc.tuple(offset, offset), { maxLength: 4 })
      .map((runs) => ExtentSet.from(runs.map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) })))),
  );
  fc.assert(
    fc.property(ranges, fc.array(used, { minLength: 4, maxLength: 4 }), fc.boolean(), (places, maps, gaps) => {
      const volumes = places.map(([a, b], i) => volume(i + 1, Math.min(a, b), Math.max(a, b)));
      const volumeMaps = new Map(
        volumes.flatMap(({ partition }): [number, ExtentSet][] => {
          const map = maps[partition - 1] ?? null;
          return map === null ? [] : [[partition, map]];
        }),
      );
      const { allocated, skippedGaps } = diskAllocation(layoutWith(...volumes), tables, volumeMaps, { gaps });
      const disk = { start: 0, end: size };
      expect(allocated.clip(disk.start, disk.end).equals(allocated)).toBe(true);
      expect(allocated.intersect(skippedGaps).isEmpty).toBe(true);
      expect(tables.subtract(allocated).isEmpty).toBe(true);
      let free = skippedGaps;
      for (const { partition, start, size: length } of volumes) {
        const range = ExtentSet.of({ start, end: start + length }).clip(disk.start, disk.end);
        const map = volumeMaps.get(partition);
        expect((map ?? range).intersect(range).subtract(allocated).isEmpty).toBe(true);
        expect(range.intersect(skippedGaps).isEmpty).toBe(true);
        if (map !== undefined) free = free.union(range.subtract(map));
      }
      expect(ExtentSet.of(disk).subtract(allocated).subtract(free).isEmpty).toBe(true);
      if (gaps) expect(skippedGaps.isEmpty).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('where a table may not show all partitions, what lies in none is taken', () => {
  const layout = layoutWith(volume(1, mebibyte, 2 * mebibyte));
  expect(diskAllocation(layout, tables, new Map(), leaveGaps).skippedGaps.size).toBeGreaterThan(0);
  const { allocated, skippedGaps } = diskAllocation({ ...layout, doubtful: true }, tables, new Map(), leaveGaps);
  expect([...allocated]).toEqual([{ start: 0, end: size }]);
  expect(skippedGaps.isEmpty).toBe(true);
});
