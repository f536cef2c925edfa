import { expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import fc from 'fast-check';
import { decodeExtents, encodeExtents } from '../../src/image/extent-codec.js';
import { flipped, refusesOrReturns } from '../hostile.js';
import { hasher } from '../hasher.js';

const largest = 2040 * 1024 ** 3;
const decode = (bytes: Uint8Array, size: number) => refusesOrReturns(() => decodeExtents(bytes, size, hasher, 'map'));

function sets(unit: number): fc.Arbitrary<ExtentSet> {
  const bound = fc.oneof(fc.nat(2000), fc.nat(Math.floor(largest / unit)));
  return fc
    .array(fc.tuple(bound, bound), { maxLength: 40 })
    .map((runs) =>
      ExtentSet.from(runs.map(([a, b]) => ({ start: Math.min(a, b) * unit, end: Math.max(a, b) * unit }))),
    );
}

test('any set comes back byte for byte', () => {
  fc.assert(
    fc.property(fc.oneof(sets(1), sets(512), sets(4096)), (set) => {
      const bytes = encodeExtents(set, hasher);
      expect(decodeExtents(bytes, largest, hasher, 'map').equals(set)).toBe(true);
      const end = set.hull?.end ?? 0;
      expect(decodeExtents(bytes, end, hasher, 'map').equals(set)).toBe(true);
      if (end > 0) expect(() => decodeExtents(bytes, end - 1, hasher, 'map')).toThrow(/beyond the disk/u);
    }),
  );
});

test('a map in whole sectors takes two bytes or so for a run', () => {
  const runs = Array.from({ length: 10_000 }, (_, i) => ({ start: i * 65_536, end: i * 65_536 + 4096 }));
  expect(encodeExtents(ExtentSet.from(runs), hasher).length).toBeLessThan(64 + 10_000 * 2 + 2);
});

const example = encodeExtents(
  ExtentSet.of({ start: 512, end: 1024 }, { start: 1_048_576, end: 1_000_000_000 }),
  hasher,
);

test('every flipped bit and every cut is refused', async () => {
  for (let bit = 0; bit < example.length * 8; bit += 1) {
    expect(await decode(flipped(example, bit), largest)).toBeUndefined();
  }
  for (let length = 0; length < example.length; length += 1) {
    expect(await decode(example.subarray(0, length), largest)).toBeUndefined();
  }
  expect(await decode(new Uint8Array([...example, 0]), largest)).toBeUndefined();
});

/** A map with a right digest that says what it likes. */
function forged(count: number, unit: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(64 + body.length);
  bytes.set(new TextEncoder().encode('SYSIMGA1'));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, count, true);
  view.setUint32(12, unit, true);
  bytes.set(body, 64);
  bytes.set(hasher.digest(bytes), 32);
  return bytes;
}

test('a liar with a right digest gets a set on the disk, or a refusal', async () => {
  const number = fc.oneof(fc.nat(6), fc.constantFrom(0x7fff_ffff, 0x8000_0000, 0xffff_ffff));
  const unit = fc.oneof(fc.constantFrom(0, 1, 512, 0xffff_ffff), fc.nat(5000));
  await fc.assert(
    fc.asyncProperty(number, unit, fc.uint8Array({ maxLength: 40 }), async (count, size, body) => {
      const set = await decode(forged(count, size, body), 1_000_000);
      expect(set?.hull?.end ?? 0).toBeLessThanOrEqual(1_000_000);
    }),
    { numRuns: 3000 },
  );
});

test('bytes left over, or too few, are refused, right digest or not', async () => {
  expect([...((await decode(forged(1, 512, Uint8Array.of(1, 1)), largest)) ?? [])]).toEqual([
    { start: 512, end: 1024 },
  ]);
  expect(await decode(forged(1, 512, Uint8Array.of(1, 1, 0)), largest)).toBeUndefined();
  expect(await decode(forged(1, 512, Uint8Array.of(1)), largest)).toBeUndefined();
  expect(await decode(forged(2, 512, Uint8Array.of(1, 1)), largest)).toBeUndefined();
});

test.each([0, 2, 256, 4096])(
  'units of %i bytes are refused: a map that is read otherwise is another map',
  async (unit) => {
    expect(await decode(forged(1, unit, Uint8Array.of(1, 1)), largest)).toBeUndefined();
  },
);

test('a number without end is refused', async () => {
  expect(await decode(forged(1, 1, new Uint8Array(5000).fill(0x80)), largest)).toBeUndefined();
  expect(await decode(forged(1, 1, new Uint8Array(5000).fill(0xff)), largest)).toBeUndefined();
});

test('random bytes are no map', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      expect(await decode(bytes, largest)).toBeUndefined();
    }),
  );
});
