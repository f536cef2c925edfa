import { expect, test } from '@jest/globals';
import { host, temporaryFolder } from './fixture.js';
import { openOptical } from '../src/index.js';
import { opticalOptions, optionsFromUrl } from '../src/options.js';

const parsed = (url: string) => opticalOptions.parse(optionsFromUrl(url));

test('a URL names the folder, and may say how large a disc is', () => {
  expect(parsed('optical:/srv/discs')).toEqual({ folder: '/srv/discs', capacity: 4_700_372_992, singleVersion: true });
  expect(parsed('optical:a b%20?capacity=24MiB&singleVersion=false')).toEqual({
    folder: 'a b%20',
    capacity: 24 * 2 ** 20,
    singleVersion: false,
  });
  for (const [text, bytes] of [
    ['4.7GB', 4_700_000_000],
    ['700MiB', 734_003_200],
    ['1.5GiB', 1_610_612_736],
    ['25025314816', 25_025_314_816],
    ['2000 KB', 2_000_000],
  ] as const) {
    expect(opticalOptions.parse({ folder: 'x', capacity: text }).capacity).toBe(bytes);
  }
  expect(opticalOptions.parse({ folder: 'x', capacity: 5_000_000 }).capacity).toBe(5_000_000);
});

test.each([
  ['url', 'dir:/x'],
  ['folder', 'optical:'],
  ['folder', 'optical:?capacity=4MiB'],
  ['folder', 'optical:/x?folder=/y'],
  ['capacity', 'optical:/x?capacity=much'],
  ['capacity', 'optical:/x?capacity=1000'],
  ['capacity', 'optical:/x?capacity=4MiB&capacity=8MiB'],
  ['capacity', 'optical:/x?capacity=99999TiB'],
  ['singleVersion', 'optical:/x?singleVersion=perhaps'],
  ['speed', 'optical:/x?speed=4'],
])('a wrong field is named: %s', (field, url) => {
  expect(() => parsed(url)).toThrow(expect.objectContaining({ code: 'invalid', context: { field } }));
});

test('what is no object at all', () => {
  for (const input of [null, [], 'x', 3]) {
    expect(() => opticalOptions.parse(input)).toThrow(expect.objectContaining({ code: 'invalid' }));
  }
});

test('a missing folder is no target to read from, and a file none at all', async () => {
  const place = temporaryFolder();
  const options = parsed(`optical:${place.path}/missing`);
  await expect(openOptical(options, host, 'read')).rejects.toMatchObject({ code: 'not-found' });
  const { traits } = await openOptical(options, host, 'write');
  expect(traits).toMatchObject({ medium: 'optical', writeOnce: true, removable: true, singleVersion: true });
  await expect(openOptical({ ...options, folder: '/dev/null' }, host, 'write')).rejects.toMatchObject({
    code: 'invalid',
  });
  place.cleanUp();
});
