import { expect, test } from '@jest/globals';
import { isFormatError } from '@sysimage/bytes';
import { objectName } from '@sysimage/core/plugin';
import fc from 'fast-check';
import { discContents } from '../src/disc-files.js';
import { planSet } from '../src/plan-set.js';
import { decodeCatalog, encodeCatalog } from '../src/set-catalog.js';

const set = '01234567-89ab-4def-8123-456789abcdef';
const request = { set, label: 'today', written: new Date('2024-02-29T12:00:00Z') };

const objects = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 30_000_000 })), { maxLength: 30 })
  .map((sizes) => sizes.map((size, i) => ({ name: objectName('o', String(i)), size })));

test('whatever is planned fits its discs, joins without a gap, and is read as it was written', () => {
  fc.assert(
    fc.property(objects, fc.integer({ min: 2 ** 21, max: 2 ** 24 }), (list, capacity) => {
      const catalog = planSet({ ...request, objects: list, capacity });
      const encoded = encodeCatalog(catalog);
      // Decoding checks that the segments of every object are its bytes, once and in order.
      expect(decodeCatalog(encoded)).toEqual(catalog);
      expect(catalog.segments.map(({ disc }) => disc)).toEqual(
        catalog.segments.map(({ disc }) => disc).toSorted((a, b) => a - b),
      );
      for (let disc = 1; disc <= catalog.discs; disc += 1) {
        const label = { set, disc, of: catalog.discs, catalog: { size: encoded.length, sha256: '0'.repeat(64) } };
        expect(discContents(catalog, encoded, label).layout.size).toBeLessThanOrEqual(capacity);
      }
    }),
    { numRuns: 40 },
  );
});

test('a catalog that somebody changed is refused, or says something possible', () => {
  const list = [5, 9_000_000, 0].map((size, i) => ({ name: objectName(`o${i}`), size }));
  const text = new TextDecoder().decode(encodeCatalog(planSet({ ...request, objects: list, capacity: 2 ** 22 })));
  const edit = fc.record({
    at: fc.integer({ min: 0, max: text.length }),
    cut: fc.nat(3),
    add: fc.constantFrom('', '0', '9', '-', '1e9', '"', 'x', '..', '/', ',', '}', '['),
  });
  let refused = 0;
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      let changed = text;
      for (const { at, cut, add } of edits) changed = changed.slice(0, at) + add + changed.slice(at + cut);
      try {
        decodeCatalog(new TextEncoder().encode(changed));
      } catch (error) {
        refused += 1;
        if (!isFormatError(error)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
  expect(refused).toBeGreaterThan(100);
  for (const [from, to] of [
    ['"off":0', '"off":1'],
    ['"disc":3', '"disc":9'],
    ['"o2"', '"../o2"'],
    ['"complete": true', '"complete": false'],
    ['"paritySegs": []', '"paritySegs": [1]'],
  ] as const) {
    expect(text).toContain(from);
    expect(() => decodeCatalog(new TextEncoder().encode(text.replaceAll(from, to)))).toThrow(/catalog/u);
  }
});
