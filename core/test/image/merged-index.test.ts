import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grainSize } from '../../src/image/grain.js';
import { dataBatches, grainsPerRead, zeroBatches } from '../../src/image/merge-batches.js';
import { dataCount, mergeIndexes } from '../../src/image/merged-index.js';

const layer = fc.uniqueArray(fc.tuple(fc.nat(120), fc.nat(40)), { selector: ([grain]) => grain, maxLength: 90 });

function indexOf(grains: readonly (readonly [number, number])[]) {
  const sorted = grains.toSorted(([a], [b]) => a - b);
  return {
    grains: Uint32Array.from(sorted, ([grain]) => grain),
    offsets: Float64Array.from(sorted, ([, slot]) => slot * grainSize),
  };
}

test('of a grain that several layers have, the first counts, as for readers', () => {
  fc.assert(
    fc.property(fc.array(layer, { maxLength: 5 }), (layers) => {
      const wanted = new Map<number, { offset: number; source: number }>();
      for (const [source, grains] of layers.entries())
        for (const [grain, slot] of grains)
          if (!wanted.has(grain)) wanted.set(grain, { offset: slot * grainSize, source });
      const { grains, offsets, sources } = mergeIndexes(layers.map(indexOf));
      const found = [...grains].map((grain, i) => [grain, { offset: offsets[i], source: sources[i] }] as const);
      expect(found).toEqual([...wanted].toSorted(([a], [b]) => a - b));
    }),
  );
});

test('batches hold every grain once, in runs that lie together and in batches of bounded size', () => {
  fc.assert(
    fc.property(fc.array(layer, { maxLength: 4 }), (layers) => {
      const index = mergeIndexes(layers.map(indexOf));
      const batches = [...dataBatches(index)];
      const copied = batches.flat().flatMap(({ source, offset, grain, count }) => {
        expect(count).toBeLessThanOrEqual(grainsPerRead);
        return Array.from({ length: count }, (_, i) => [grain + i, offset + i * grainSize, source]);
      });
      const all = [...index.grains].map((grain, i) => [grain, index.offsets[i], index.sources[i]]);
      expect(copied).toEqual(all.filter(([, offset]) => offset !== 0));
      expect(copied).toHaveLength(dataCount(index));
      expect([...zeroBatches(index)].flat()).toEqual(all.filter(([, offset]) => offset === 0).map(([grain]) => grain));
      for (const batch of batches) expect(batch.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(64);
    }),
  );
});
