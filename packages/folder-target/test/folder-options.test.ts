import { expect, test } from '@jest/globals';
import { folderFromUrl, folderOptions } from '../src/index.js';

test('takes a path and nothing that it does not know', () => {
  expect(folderOptions.parse({ path: '/mnt/backup' })).toEqual({ path: '/mnt/backup' });
  expect(folderOptions.parse({ path: 'a', singleVersion: true })).toEqual({ path: 'a', singleVersion: true });
  const field = (input: unknown): unknown => {
    try {
      return folderOptions.parse(input);
    } catch (error) {
      return error;
    }
  };
  expect(field({})).toMatchObject({ code: 'invalid', context: { field: 'path' } });
  expect(field({ path: '' })).toMatchObject({ code: 'invalid', context: { field: 'path' } });
  expect(field({ path: 'a\0b' })).toMatchObject({ code: 'invalid', context: { field: 'path' } });
  expect(field({ path: 7 })).toMatchObject({ code: 'invalid', context: { field: 'path' } });
  expect(field({ path: '/a', singleVersion: 'yes' })).toMatchObject({ context: { field: 'singleVersion' } });
  expect(field({ path: '/a', quota: 1 })).toMatchObject({ code: 'invalid', context: { field: 'quota' } });
  for (const input of [undefined, null, 'dir:/a', ['/a']]) expect(field(input)).toMatchObject({ code: 'invalid' });
});

test('the rest of a URL is the path as it is', () => {
  expect(folderFromUrl('dir')('dir:/mnt/my disk/%20?x#y')).toEqual({ path: '/mnt/my disk/%20?x#y' });
  expect(folderFromUrl('dir')('dir:backup')).toEqual({ path: 'backup' });
  expect(() => folderFromUrl('dir')('ntfs:/mnt')).toThrow(expect.objectContaining({ code: 'invalid' }));
});
