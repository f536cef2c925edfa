import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSysimageError } from '@sysimage/core/plugin';
import { ntfsOptions, optionsFromUrl } from '../src/options.js';

const parsed = (url: string): unknown => ntfsOptions.parse(optionsFromUrl(url));

test('a URL is a path, and what is asked of it', () => {
  expect(parsed('ntfs:/media/backup')).toEqual({ path: '/media/backup' });
  expect(parsed('ntfs:/dev/sdb1')).toEqual({ path: '/dev/sdb1' });
  expect(parsed('ntfs:a b%20c.img?partition=2&folder=backups/the%20home&singleVersion=true')).toEqual({
    path: 'a b%20c.img',
    partition: 2,
    folder: 'backups/the home',
    singleVersion: true,
  });
});

test.each([
  ['ntfs:', 'path'],
  ['dir:/a', 'url'],
  ['ntfs:/a?path=/b', 'path'],
  ['ntfs:/a?partition=1&partition=2', 'partition'],
  ['ntfs:/a?partition=0', 'partition'],
  ['ntfs:/a?partition=1.5', 'partition'],
  ['ntfs:/a?partition=', 'partition'],
  ['ntfs:/a?partition=99999', 'partition'],
  ['ntfs:/a?folder=', 'folder'],
  ['ntfs:/a?folder=/b', 'folder'],
  ['ntfs:/a?folder=..', 'folder'],
  ['ntfs:/a?folder=b/../../c', 'folder'],
  ['ntfs:/a?folder=b//c', 'folder'],
  ['ntfs:/a?folder=b/', 'folder'],
  ['ntfs:/a?folder=b/.', 'folder'],
  ['ntfs:/a?folder=b%00c', 'folder'],
  ['ntfs:/a?singleVersion=perhaps', 'singleVersion'],
  ['ntfs:/a?device=/dev/sda', 'device'],
])('%s is refused, naming %s', (url, field) => {
  expect(() => parsed(url)).toThrow(expect.objectContaining({ code: 'invalid', context: { field } }));
});

test.each([
  ['CON', 'a device'],
  ['backups/aux', 'a device'],
  ['nul.tar.gz/home', 'a device'],
  ['Com1', 'a device'],
  ['lpt9.x', 'a device'],
  ['com%C2%B2', 'a device'],
  ['con .x', 'a device'],
  ['CONOUT$', 'a device'],
  ['a\\b', 'no "\\"'],
  ['c:d', 'no ":"'],
  ['c%3Ad', 'no ":"'],
  ['a/b*', 'no "*"'],
  ['a%3F', 'no "?"'],
  ['a<b', 'no "<"'],
  ['a|b', 'no "|"'],
  ['a%22', 'no """'],
  ['a%0Ab', 'no control characters'],
  ['backups./home', 'at the end'],
  ['home%20', 'at the end'],
  ['home+', 'at the end'],
  ['...', 'at the end'],
])('folder=%s is refused: Windows could not open it: %s', (folder, why) => {
  expect(() => parsed(`ntfs:/a.img?folder=${folder}`)).toThrow(
    expect.objectContaining({
      code: 'invalid',
      context: { field: 'folder' },
      message: expect.stringContaining(why) as unknown,
    }),
  );
});

test.each([
  'console',
  'aux1',
  'COM',
  'COM10',
  'lpt',
  '.con',
  'a.con',
  'a b',
  ' a',
  '.a',
  "it's",
  'ä/日本',
  '~1',
  'a=b;c',
])('folder=%s is one that Windows can open', (folder) => {
  expect(ntfsOptions.parse({ path: '/a.img', folder })).toEqual({ path: '/a.img', folder });
});

test('no folder leads out of the volume, and whatever is wrong is said in the words of the contract', () => {
  const name = fc.constantFrom('.', '..', '', 'a', '...', '..a', 'b c', '\0', '\n');
  fc.assert(
    fc.property(fc.array(name, { maxLength: 5 }), (names) => {
      const folder = names.join('/');
      try {
        ntfsOptions.parse({ path: '/a', folder });
      } catch (error) {
        return isSysimageError(error, 'invalid');
      }
      return names.every((one) => !['', '.', '..', '...', '\0', '\n'].includes(one));
    }),
  );
  fc.assert(
    fc.property(fc.anything(), (input) => {
      try {
        ntfsOptions.parse(input);
        return true;
      } catch (error) {
        return isSysimageError(error, 'invalid');
      }
    }),
  );
});
