import { expect, test } from '@jest/globals';
import { parseSubset } from '../src/subset.js';

test('parts and percentages', () => {
  expect(parseSubset('3/10')).toEqual({ kind: 'part', part: 3, of: 10 });
  expect(parseSubset('10/10')).toEqual({ kind: 'part', part: 10, of: 10 });
  expect(parseSubset('5%')).toEqual({ kind: 'random', percent: 5 });
  expect(parseSubset('0.25%')).toEqual({ kind: 'random', percent: 0.25 });
  expect(parseSubset('100%')).toEqual({ kind: 'random', percent: 100 });
});

test.each(['0/10', '11/10', '1/0', '3', '5', '0%', '100.5%', '-1%', '1e2%', '3/10%', '', '%', ' 5%', '1/10 '])(
  '%j is none',
  (text) => expect(parseSubset(text)).toBeUndefined(),
);
