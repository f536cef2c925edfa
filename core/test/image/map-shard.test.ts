import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestSize, grainsPerShard } from '../../src/image/grain.js';
import { MapShard, type GrainKind } from '../../src/image/map-shard.js';
import { flipped, refusesOrReturns } from '../hostile.js';
import { hasher } from '../hasher.js';
import { versionId } from '../records.js';

interface Mark {
  readonly grain: number;
  readonly kind: Exclude<GrainKind, 'absent'>;
  readonly owner: number | null;
}

const count = 96;
const marks: fc.Arbitrary<readonly Mark[]> = fc.uniqueArray(
  fc.record({
    grain: fc.nat(count - 1),
    kind: fc.constantFrom<'zero' | 'data'>('zero', 'data'),
    owner: fc.option(fc.nat(3)),
  }),
  { selector: ({ grain }) => grain },
);

function digestOf(seed: number): Uint8Array {
  return hasher.digest(Uint8Array.of(seed));
}

function shardOf(all: readonly Mark[], index = 3): MapShard {
  const shard = new MapShard(index, count);
  for (const { grain, kind, owner } of all) {
    if (kind === 'zero') shard.setZero(grain);
    else shard.setData(grain, digestOf(grain));
    if (owner !== null) shard.retire(grain, versionId(owner));
  }
  return shard;
}

const example = shardOf([
  { grain: 0, kind: 'data', owner: null },
  { grain: 1, kind: 'data', owner: null },
  { grain: 2, kind: 'data', owner: 1 },
  { grain: 5, kind: 'zero', owner: 2 },
  { grain: 6, kind: 'zero', owner: null },
  { grain: count - 1, kind: 'data', owner: 1 },
]);

test('every kind of grain, live and retired, comes back', () => {
  fc.assert(
    fc.property(marks, fc.nat(4095), (all, index) => {
      const shard = shardOf(all, index);
      const decoded = MapShard.decode(shard.encode(hasher), hasher, 'map');
      expect(decoded.equals(shard)).toBe(true);
      expect([decoded.index, decoded.count, decoded.isEmpty]).toEqual([index, count, all.length === 0]);
      for (let grain = 0; grain < count; grain += 1) {
        const mark = all.find((one) => one.grain === grain);
        expect(decoded.kind(grain)).toBe(mark?.kind ?? 'absent');
        expect(decoded.isLive(grain)).toBe(mark?.owner === null);
        expect(decoded.retiredBy(grain)).toBe(typeof mark?.owner === 'number' ? versionId(mark.owner) : undefined);
        if (mark?.kind === 'data') expect(decoded.digest(grain)).toEqual(digestOf(grain));
      }
    }),
  );
});

test('shards are equal exactly when they say the same', () => {
  fc.assert(
    fc.property(marks, marks, (one, two) => {
      const sorted = (all: readonly Mark[]): readonly Mark[] => all.toSorted((a, b) => a.grain - b.grain);
      const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(two));
      expect(shardOf(one).equals(shardOf(two))).toBe(same);
      expect(shardOf(one).equals(shardOf(one.toReversed()))).toBe(true);
      expect(shardOf(one, 1).equals(shardOf(one, 2))).toBe(false);
    }),
  );
});

test('a grain can be taken over from another shard, whoever owned it', () => {
  fc.assert(
    fc.property(marks, (all) => {
      const from = shardOf(all);
      const copy = new MapShard(from.index, count);
      for (let grain = count - 1; grain >= 0; grain -= 1) copy.copyFrom(from, grain);
      expect(copy.equals(from)).toBe(true);
      expect(MapShard.decode(copy.encode(hasher), hasher, 'map').equals(from)).toBe(true);
    }),
  );
});

test('the smallest and the fullest shard', () => {
  const one = new MapShard(0, 1);
  expect(MapShard.decode(one.encode(hasher), hasher, 'map').isEmpty).toBe(true);
  const full = new MapShard(0, grainsPerShard);
  for (let grain = 0; grain < grainsPerShard; grain += 1) {
    full.setData(grain, digestOf(grain % 200));
    // No two neighbours alike: the most runs that can be.
    if (grain % 2 === 0) full.retire(grain, versionId(grain % 59));
  }
  expect(MapShard.decode(full.encode(hasher), hasher, 'map').equals(full)).toBe(true);
  expect(() => new MapShard(0, 0)).toThrow(RangeError);
  expect(() => new MapShard(0, grainsPerShard + 1)).toThrow(RangeError);
});

test('every flipped bit and every cut is refused', async () => {
  const bytes = example.encode(hasher);
  const decode = (damaged: Uint8Array) => refusesOrReturns(() => MapShard.decode(damaged, hasher, 'map'));
  for (let bit = 0; bit < bytes.length * 8; bit += 1) expect(await decode(flipped(bytes, bit))).toBeUndefined();
  for (let length = 0; length < bytes.length; length += 1) {
    expect(await decode(bytes.subarray(0, length))).toBeUndefined();
  }
  expect(await decode(new Uint8Array([...bytes, 0]))).toBeUndefined();
});

/** Makes the digest right again, as somebody who means harm would. */
function resealed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.fill(0, 32, 64);
  copy.set(hasher.digest(copy), 32);
  return copy;
}

test('a liar with a right digest gets a shard that holds together, or a refusal', async () => {
  const bytes = example.encode(hasher);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(bytes.length),
      async (changes, cut) => {
        const damaged = bytes.slice(0, Math.max(64, bytes.length - Math.max(0, cut - 40)));
        for (const [at, value] of changes) damaged[at % damaged.length] = value;
        const shard = await refusesOrReturns(() => MapShard.decode(resealed(damaged), hasher, 'map'));
        if (shard === undefined) return;
        expect(shard.count).toBeLessThanOrEqual(grainsPerShard);
        expect(shard.digest(shard.count - 1)).toHaveLength(digestSize);
        for (let grain = 0; grain < shard.count; grain += 1) {
          expect(shard.isLive(grain) && shard.retiredBy(grain) !== undefined).toBe(false);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a shard whose parts do not fit together is refused, right digest or not', async () => {
  const runs = 64 + 2 * 32;
  const change = async (at: number, value: number, bytes = example.encode(hasher)) => {
    new DataView(bytes.buffer).setUint16(at, value, true);
    return refusesOrReturns(() => MapShard.decode(resealed(bytes), hasher, 'map'));
  };
  // The second run: two grains later, one grain long, data, retired by the first owner.
  expect(await change(runs + 12, 2)).toBeDefined();
  expect(await change(runs + 12, 1)).toBeUndefined();
  expect(await change(runs + 12 + 4, 0)).toBeUndefined();
  expect(await change(runs + 12 + 8, 0)).toBeUndefined();
  expect(await change(runs + 12 + 8, 3)).toBeUndefined();
  expect(await change(runs + 12 + 10, 2)).toBeDefined();
  expect(await change(runs + 12 + 10, 3)).toBeUndefined();
  const longer = new Uint8Array([...example.encode(hasher), ...new Uint8Array(32)]);
  expect(await change(runs + 12, 2, longer)).toBeUndefined();
});

test.each([12, 16, 20, 24])('the number at byte %i is not believed when it is enormous', async (at) => {
  for (const value of [0xffff_ffff, 0x8000_0000, 0x1000_0000, 70_000]) {
    const bytes = example.encode(hasher);
    new DataView(bytes.buffer).setUint32(at, value, true);
    const shard = await refusesOrReturns(() => MapShard.decode(resealed(bytes), hasher, 'map'));
    expect(shard === undefined || shard.equals(example)).toBe(true);
  }
});
