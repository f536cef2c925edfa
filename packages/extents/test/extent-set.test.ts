import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { extent, ExtentSet, ExtentSetBuilder } from '../src/index.js';

const universe = 96;
const runs = fc.array(
  fc.tuple(fc.nat(universe), fc.nat(universe)).map(([a, b]) => extent(Math.min(a, b), Math.max(a, b))),
  { maxLength: 12 },
);

/** The plain model: one boolean for each byte. */
function model(set: Iterable<{ start: number; end: number }>): boolean[] {
  const bytes = Array.from({ length: universe + 1 }, () => false);
  for (const { start, end } of set) bytes.fill(true, start, end);
  return bytes;
}

function combine(a: boolean[], b: boolean[], rule: (x: boolean, y: boolean) => boolean): boolean[] {
  return a.map((x, i) => rule(x, b[i] ?? false));
}

test('algebra agrees with plain booleans', () => {
  fc.assert(
    fc.property(runs, runs, (left, right) => {
      const [a, b] = [ExtentSet.from(left), ExtentSet.from(right)];
      expect(model(a)).toEqual(model(left));
      expect(model(a.union(b))).toEqual(combine(model(left), model(right), (x, y) => x || y));
      expect(model(a.intersect(b))).toEqual(combine(model(left), model(right), (x, y) => x && y));
      expect(model(a.subtract(b))).toEqual(combine(model(left), model(right), (x, y) => x && !y));
    }),
    { numRuns: 1000 },
  );
});

test('runs are sorted, apart and not empty', () => {
  fc.assert(
    fc.property(runs, runs, (left, right) => {
      const [a, b] = [ExtentSet.from(left), ExtentSet.from(right)];
      for (const set of [a, a.union(b), a.intersect(b), a.subtract(b), a.alignOut(4)]) {
        let before = -1;
        let size = 0;
        for (const { start, end } of set) {
          expect(start).toBeGreaterThan(before);
          expect(end).toBeGreaterThan(start);
          before = end;
          size += end - start;
        }
        expect(set.size).toBe(size);
      }
    }),
  );
});

test('questions and cuts agree with plain booleans', () => {
  fc.assert(
    fc.property(runs, fc.nat(universe), fc.nat(universe), (list, x, y) => {
      const set = ExtentSet.from(list);
      const bytes = model(list);
      const [start, end] = [Math.min(x, y), Math.max(x, y)];
      const part = bytes.slice(start, end);
      expect(set.has(x)).toBe(bytes[x]);
      expect(set.covers(start, end)).toBe(part.every(Boolean));
      expect(set.touches(start, end)).toBe(part.some(Boolean));
      expect(model(set.clip(start, end)).slice(start, end)).toEqual(part);
      expect(model(set.within(start, end)).slice(start, end)).toEqual(part);
      expect(model(set.gaps(start, end)).slice(start, end)).toEqual(part.map((byte) => !byte));
      expect(set.shift(7).shift(-7).equals(set)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('alignOut grows to whole units', () => {
  const set = ExtentSet.of(extent(1, 2), extent(9, 10), extent(16, 17)).alignOut(8);
  expect([...set]).toEqual([{ start: 0, end: 24 }]);
});

test('offsets that are not safe integers are refused at the door', () => {
  for (const [start, end] of [
    [-1, 2],
    [3, 2],
    [0.5, 2],
    [0, Number.MAX_SAFE_INTEGER + 1],
    [Number.NaN, 2],
  ] as const) {
    expect(() => new ExtentSetBuilder().add(start, end)).toThrow(RangeError);
  }
});

test('large offsets keep their last byte', () => {
  const far = 2 ** 52;
  expect(ExtentSet.of(extent(far, far + 1)).has(far)).toBe(true);
  expect(ExtentSet.of(extent(far, far + 1)).has(far + 1)).toBe(false);
});
