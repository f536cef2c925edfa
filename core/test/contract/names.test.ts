import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSysimageError } from '../../src/contract/errors.js';
import { isBelow, isObjectName, objectName } from '../../src/contract/names.js';
import { anyLetter } from '../any-letter.js';

const first = Array.from('abcdefghijklmnopqrstuvwxyz0123456789');
const middle = [...first, '.', '_', '-'];
const last = middle.filter((letter) => letter !== '.');

const segment = fc
  .tuple(
    fc.constantFrom(...first),
    fc.array(fc.constantFrom(...middle), { maxLength: 62 }),
    fc.option(fc.constantFrom(...last)),
  )
  .map(([head, body, tail]) => (tail === null ? head : [head, ...body, tail].join('')))
  .filter((text) => !/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/u.test(text));

test('every combination of legal segments up to eight is a name', () => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (segments) => {
      expect(isObjectName(segments.join('/'))).toBe(true);
      expect(objectName(...segments)).toBe(segments.join('/'));
    }),
  );
});

test('no text with any other letter is a name', () => {
  fc.assert(
    fc.property(segment, fc.nat(), anyLetter, (text, at, letter) => {
      fc.pre(!/^[a-z0-9._/-]$/u.test(letter));
      const place = at % (text.length + 1);
      expect(isObjectName(text.slice(0, place) + letter + text.slice(place))).toBe(false);
    }),
  );
});

test.each([
  ['', false],
  ['a', true],
  ['a'.repeat(64), true],
  ['a'.repeat(65), false],
  [Array.from({ length: 8 }, () => 'a').join('/'), true],
  [Array.from({ length: 9 }, () => 'a').join('/'), false],
  ['a//b', false],
  ['/a', false],
  ['a/', false],
  ['.', false],
  ['..', false],
  ['a/../b', false],
  ['.hidden', false],
  ['-a', false],
  ['_a', false],
  ['a.', false],
  ['a./b', false],
  ['a..b', true],
  ['a\n', false],
  ['A', false],
  ['con', false],
  ['con.txt', false],
  ['con.tar.gz', false],
  ['console', true],
  ['con-1', true],
  ['a/nul', false],
  ['a/nul/b', false],
  ['com0', false],
  ['com9.json', false],
  ['com10', true],
  ['lpt1', false],
  ['aux.', false],
  ['prn', false],
])('%j is a name: %s', (text, legal) => {
  expect(isObjectName(text)).toBe(legal);
  if (legal) return;
  let thrown: unknown;
  try {
    objectName(text);
  } catch (error) {
    thrown = error;
  }
  expect(isSysimageError(thrown, 'invalid')).toBe(true);
});

test('a prefix covers what lies below it as a folder', () => {
  const prefix = objectName('a', 'b');
  expect(isBelow('a/b/c', prefix)).toBe(true);
  expect(isBelow('a/b', prefix)).toBe(false);
  expect(isBelow('a/bc', prefix)).toBe(false);
  expect(isBelow('a/b.c/d', prefix)).toBe(false);
  expect(isBelow('anything', '')).toBe(true);
});
