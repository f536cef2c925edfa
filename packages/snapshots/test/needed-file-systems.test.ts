import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ownPaths, swapFiles } from '../src/needed-file-systems.js';

test('files that memory is paged out to, and no devices', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'swaps-'));
  const table = join(folder, 'swaps');
  await writeFile(
    table,
    'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n' +
      '/dev/sda2                               partition\t999420\t\t0\t\t-2\n' +
      '/data/swap\\040file                      file\t\t65532\t\t0\t\t-3\n',
  );
  expect(await swapFiles(table)).toEqual(['/data/swap file']);
  expect(await swapFiles(join(folder, 'none'))).toEqual([]);
  await rm(folder, { recursive: true });
});

test('the folder of this process is needed, also one that was removed', async () => {
  const before = process.cwd();
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'gone-')));
  process.chdir(folder);
  try {
    expect(await ownPaths()).toContain(folder);
    await rm(folder, { recursive: true });
    // As the kernel calls it: what it lay in is the same.
    expect([...(await ownPaths())].filter((path) => path.startsWith(folder))).toEqual([`${folder} (deleted)`]);
  } finally {
    process.chdir(before);
  }
});
