import { expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import fc from 'fast-check';
import { isSysimageError } from '../../src/contract/errors.js';
import { grainSize } from '../../src/image/grain.js';
import { readRuns, runsOf } from '../../src/model/recorded-runs.js';

const extents = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 0, max: 2 ** 30 }))
    .map(([start, length]) => ({ start, end: start + length })),
  { maxLength: 30 },
);

test('what is written is read again, by grains', () => {
  expect(runsOf(ExtentSet.empty)).toBe('');
  expect(runsOf(ExtentSet.of({ start: 1, end: grainSize + 1 }, { start: 7 * grainSize, end: 8 * grainSize }))).toBe(
    '0,2,5,1',
  );
  fc.assert(
    fc.property(extents, (runs) => {
      const set = ExtentSet.from(runs);
      expect([...readRuns(runsOf(set), 2 ** 41)]).toEqual([...set.alignOut(grainSize)]);
    }),
  );
});

test('what lies behind the end is cut off', () => {
  expect([...readRuns('0,2,5,1', grainSize + 10)]).toEqual([{ start: 0, end: grainSize + 10 }]);
  expect([...readRuns('9,1', grainSize)]).toEqual([]);
});

test.each(['1', '1,', ',1', '1,2,', '1,2,3', '-1,2', '1.5,2', '1, 2', '1e3,2', 'a,b', '999999999999999,1', '1;2'])(
  '"%s" is refused',
  (text) => {
    expect(() => readRuns(text, 2 ** 40)).toThrow(/runs of grains cannot be read/u);
  },
);

test('whatever stands there, it ends with a set or an error of ours', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom('0', '1', '99', ',', ',', '-')).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        expect(readRuns(text, 2 ** 40).size).toBeLessThanOrEqual(2 ** 40);
      } catch (error) {
        expect(isSysimageError(error, 'invalid')).toBe(true);
      }
    }),
  );
});
