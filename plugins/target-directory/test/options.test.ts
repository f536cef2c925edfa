import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { optionsFromUrl } from '../src/options.js';
import byDefault, { plugin } from '../src/index.js';
import { directoryOptions } from '../src/options.js';

test('takes a path and nothing that it does not know', () => {
  expect(directoryOptions.parse({ path: '/mnt/backup' })).toEqual({ path: '/mnt/backup' });
  expect(directoryOptions.parse({ path: 'a', singleVersion: true })).toEqual({ path: 'a', singleVersion: true });
  const field = (input: unknown): unknown => {
    try {
      return directoryOptions.parse(input);
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
  expect(optionsFromUrl('dir:/mnt/my disk/%20?x#y')).toEqual({ path: '/mnt/my disk/%20?x#y' });
  expect(optionsFromUrl('dir:backup')).toEqual({ path: 'backup' });
  expect(() => optionsFromUrl('ntfs:/mnt')).toThrow(expect.objectContaining({ code: 'invalid' }));
});

test('package.json says the same as the code', async () => {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(manifest).toMatchObject({
    name: plugin.meta.name,
    version: plugin.meta.version,
    sysimage: {
      plugin: {
        api: plugin.meta.api,
        targets: plugin.targets?.map(({ kind, facets }) => ({ kind, facets })),
      },
    },
  });
  expect(byDefault).toBe(plugin);
});
