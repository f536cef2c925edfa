import { expect, test } from '@jest/globals';
import { archive } from '../src/index.js';

const bytes = Buffer.from('hello');

test('a file lies behind its folders, padded to four bytes', () => {
  const made = Buffer.from(archive([{ path: 'a/b/c', mode: 0o644, bytes }]));
  expect(made.length % 4).toBe(0);
  const names = made.toString('latin1').split('070701').slice(1);
  expect(names.map((record) => record.slice(104).split('\0')[0])).toEqual(['a', 'a/b', 'a/b/c', 'TRAILER!!!']);
  expect(names.map((record) => record.slice(8, 16))).toEqual(['000041ed', '000041ed', '000081a4', '00000000']);
  expect(names.map((record) => Number.parseInt(record.slice(48, 56), 16))).toEqual([0, 0, 5, 0]);
  expect(made.subarray(made.indexOf('hello')).indexOf('070701')).toBe(8);
});

test('equal files make equal archives, and no file an empty one', () => {
  const files = [{ path: 'x', mode: 0o755, bytes }];
  expect(archive(files)).toEqual(archive(files));
  expect(archive([])).toHaveLength(124);
});
