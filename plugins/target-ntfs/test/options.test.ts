import { expect, test } from '@jest/globals';
import { ntfsMountOf } from '../src/ntfs-mount.js';
import { ntfsOptions, optionsFromUrl } from '../src/options.js';

test('takes a path and nothing that it does not know', () => {
  expect(ntfsOptions.parse(optionsFromUrl('ntfs:/media/a b'))).toEqual({ path: '/media/a b' });
  for (const input of [
    undefined,
    {},
    { path: '' },
    { path: 3 },
    { path: '/x', other: 1 },
    { path: '/x', singleVersion: 'no' },
  ]) {
    expect(() => ntfsOptions.parse(input)).toThrow(expect.objectContaining({ code: 'invalid' }));
  }
  expect(() => optionsFromUrl('dir:/x')).toThrow(expect.objectContaining({ code: 'invalid' }));
});

test('another file system is refused by name', async () => {
  await expect(ntfsMountOf('/proc/self')).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('proc') as unknown,
  });
});
