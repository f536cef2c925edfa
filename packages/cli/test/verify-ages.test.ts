import { expect, test } from '@jest/globals';
import { lastVerified, verifyAge, type VerifyPass } from '../src/state/verify-ages.js';

const day = (number: number): string => `2027-01-${String(number).padStart(2, '0')}T00:00:00.000Z`;
const pass = (number: number, whole: readonly string[], changes: Partial<VerifyPass> = {}): VerifyPass => ({
  at: day(number),
  of: 'objects',
  whole,
  damaged: [],
  ...changes,
});
const part = (part: number, of: number): Pick<VerifyPass, 'share'> => ({ share: { kind: 'part', part, of } });

test('the latest whole verification counts, of all or of this version', () => {
  const passes = [pass(3, ['a', 'b']), pass(5, ['b'], { of: 'versions', version: 'b' }), pass(1, ['a', 'b'])];
  expect([verifyAge(passes, 'a'), verifyAge(passes, 'b'), verifyAge(passes, 'c')]).toEqual([
    { verifiedAt: day(3) },
    { verifiedAt: day(5) },
    {},
  ]);
  expect(lastVerified(passes)).toBe(day(5));
  expect(lastVerified([])).toBeUndefined();
});

test('parts count when all of one division are there, as old as the oldest', () => {
  const two = [pass(4, ['a'], part(1, 3)), pass(2, ['a'], part(3, 3))];
  expect(verifyAge([...two, pass(6, ['a'], part(2, 4))], 'a')).toEqual({});
  expect(verifyAge([...two, pass(6, ['a'], { ...part(2, 3), of: 'versions' })], 'a')).toEqual({});
  expect(verifyAge([...two, pass(6, ['b'], part(2, 3))], 'a')).toEqual({});
  expect(verifyAge([...two, pass(6, ['a'], part(2, 3))], 'a')).toEqual({ verifiedAt: day(2) });
});

test('a share by chance says nothing of the whole', () => {
  expect(verifyAge([pass(1, ['a'], { share: { kind: 'random', percent: 100, seed: 1 } })], 'a')).toEqual({});
});

test('damage counts until all was read again', () => {
  const damaged = pass(4, [], { damaged: ['a'], ...part(1, 2) });
  expect(verifyAge([pass(3, ['a']), damaged], 'a')).toEqual({ verifiedAt: day(3), damagedAt: day(4) });
  expect(verifyAge([pass(5, ['a']), damaged], 'a')).toEqual({ verifiedAt: day(5) });
});
