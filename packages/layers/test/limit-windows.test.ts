import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { limitOfSchedule } from '../src/index.js';

// 2026-01-05 is a Monday.
const at = (day: number, hour: number, minute = 0): Date => new Date(2026, 0, 4 + day, hour, minute);
const weekdays = [1, 2, 3, 4, 5];

test('the first window that holds now decides, for both directions; otherwise what stands outside of them', () => {
  const limit = limitOfSchedule({
    upload: 100,
    windows: [
      { days: weekdays, start: 8 * 60, end: 18 * 60, upload: 10, download: 20 },
      { days: [0, 1, 2, 3, 4, 5, 6], start: 12 * 60, end: 20 * 60, download: 30 },
    ],
  });
  expect([limit('upload', at(1, 7, 59)), limit('download', at(1, 7, 59))]).toEqual([100, undefined]);
  expect([limit('upload', at(1, 8)), limit('download', at(1, 8))]).toEqual([10, 20]);
  expect([limit('upload', at(1, 17, 59)), limit('upload', at(1, 18))]).toEqual([10, undefined]);
  expect(limit('download', at(1, 18))).toBe(30);
  expect([limit('upload', at(6, 9)), limit('upload', at(6, 13)), limit('download', at(6, 13))]).toEqual([
    100,
    undefined,
    30,
  ]);
});

test('a window over midnight belongs to the day on which it begins', () => {
  const limit = limitOfSchedule({ windows: [{ days: [5], start: 22 * 60, end: 6 * 60, upload: 10 }] });
  expect(limit('upload', at(5, 21, 59))).toBeUndefined();
  expect([limit('upload', at(5, 22)), limit('upload', at(6, 5, 59))]).toEqual([10, 10]);
  expect([limit('upload', at(6, 6)), limit('upload', at(5, 3)), limit('upload', at(6, 22))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const sunday = limitOfSchedule({ windows: [{ days: [6], start: 23 * 60, end: 60, upload: 10 }] });
  expect(sunday('upload', at(7, 0, 30))).toBe(10);
});

test('a window that ends when it begins is a whole day long', () => {
  const limit = limitOfSchedule({ windows: [{ days: [2], start: 60, end: 60, upload: 10 }] });
  expect([limit('upload', at(2, 1)), limit('upload', at(3, 0, 59))]).toEqual([10, 10]);
  expect([limit('upload', at(2, 0, 59)), limit('upload', at(3, 1))]).toEqual([undefined, undefined]);
});

test('a window holds as many minutes of a week as it is long', () => {
  const minute = fc.integer({ min: 0, max: 1439 });
  const days = fc.uniqueArray(fc.nat(6), { minLength: 1 });
  fc.assert(
    fc.property(minute, fc.integer({ min: 0, max: 1440 }), days, (start, end, each) => {
      const limit = limitOfSchedule({ windows: [{ days: each, start, end, upload: 1 }] });
      let held = 0;
      for (let step = 0; step < 7 * 96; step += 1) if (limit('upload', at(0, 0, step * 15)) === 1) held += 1;
      const long = end > start ? end - start : end + 1440 - start;
      // Some days are an hour shorter or longer where the clock is changed; these are not.
      expect(Math.abs(held - (each.length * long) / 15)).toBeLessThanOrEqual(each.length);
    }),
    { numRuns: 50 },
  );
});
