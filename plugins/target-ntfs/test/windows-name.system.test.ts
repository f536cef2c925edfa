import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { makeScratch, run } from '@sysimage/fixtures';
import { whyNotOnWindows } from '../src/windows-name.js';

const scratch = await makeScratch();
afterAll(() => scratch.remove());

const devices = ['con', 'PRN', 'Aux', 'nul', 'COM1', 'com9', 'LPT1', 'lpt9'];
const names = [
  devices.flatMap((name) => [name, `${name}.txt`, `${name}.tar.gz`, `${name}s`, `a${name}`, `${name}-1`]),
  ['COM', 'COM10', 'COM0', 'LPT', 'LPT0', 'CLOCK$', '.con', 'con_', ' con'],
  ['a\\b', 'c:d', 'a*', 'a?', 'a"b', 'a<b', 'a>b', 'a|b', 'a\nb', 'a\u0001', 'a\u001fb', 'a\u007fb'],
  ['a.', 'a ', 'a. ', 'a .', '...', ' ', ' a', '.a', 'a.b', 'a b', '..a'],
  ['ä', '日本', "it's", 'a+b', 'a;b', 'a,b=c', '[a]', '{a}', 'a&b', '%41', '~1', '$Extend.'],
].flat();

test('ntfs-3g refuses the same names when it is asked to make only those of Windows', async () => {
  const [path, folder] = [scratch.at('volume.img'), scratch.at('mounted')];
  await writeFile(path, '');
  await truncate(path, 8 * 1024 * 1024);
  await run('mkntfs', '-FqQ', path);
  await mkdir(folder);
  await run('mount', '-t', 'ntfs-3g', '-o', 'loop,windows_names', path, folder);
  try {
    for (const [i, name] of names.entries()) {
      const above = join(folder, `${i}`);
      await mkdir(above);
      const isMade = await mkdir(`${above}/${name}`).then(
        () => true,
        () => false,
      );
      expect([name, whyNotOnWindows(name) === undefined]).toEqual([name, isMade]);
    }
  } finally {
    await run('umount', folder);
  }
});
