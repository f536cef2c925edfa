import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fractionOf, inShare } from '../../src/image/share.js';
import { hasher } from '../hasher.js';

const place = fc.tuple(fc.string(), fc.nat(2 ** 45));

test('every place is in exactly one of all parts', () => {
  fc.assert(
    fc.property(place, fc.integer({ min: 1, max: 30 }), ([name, offset], of) => {
      const parts = Array.from({ length: of }, (_, i) => inShare({ kind: 'part', part: i + 1, of }, hasher));
      expect(parts.filter((wanted) => wanted(name, offset))).toHaveLength(1);
    }),
  );
});

test('a random share has about its size, is the same for the same seed, and another for another', () => {
  const share = (seed: number): string => {
    const wanted = inShare({ kind: 'random', percent: 20, seed }, hasher);
    return Array.from({ length: 4000 }, (_, i) => (wanted('x', i * 2 ** 21) ? '1' : '0')).join('');
  };
  const size = share(1).replaceAll('0', '').length;
  expect(size).toBeGreaterThan(700);
  expect(size).toBeLessThan(900);
  expect(share(1)).toBe(share(1));
  expect(share(2)).not.toBe(share(1));
});

test('all of it, and how much a share is', () => {
  expect(inShare(undefined, hasher)('x', 5)).toBe(true);
  expect(inShare({ kind: 'random', percent: 100, seed: 3 }, hasher)('x', 5)).toBe(true);
  expect([undefined, { kind: 'part', part: 2, of: 4 } as const].map(fractionOf)).toEqual([1, 0.25]);
});
