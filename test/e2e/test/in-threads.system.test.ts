import { afterAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDisk, makeScratch, noise, partitionOf, sameBytes } from '@sysimage/fixtures';
import { mountTmpfs, sysimage, unmount } from '../src/index.js';

// Much more than is hashed before threads are worth their start; what they do then, other tests do not see.
const mebi = 1024 * 1024;
const diskSize = 224 * mebi;

const scratch = await makeScratch();
const disk = await makeDisk(scratch.at('disk.img'), {
  table: 'gpt',
  size: diskSize,
  partitions: [{ type: 'raw', label: 'bytes' }],
});
const { offset, size } = partitionOf(disk, 1);
const url = `dir:${scratch.at('target')}`;
const full = scratch.at('full');
afterAll(async () => {
  if (existsSync(full)) await unmount(full);
  await scratch.remove();
});

async function change(path: string, at: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
}

async function imageBelow(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  const image = names.find((name) => name.endsWith('.vhd'));
  if (image === undefined) throw new Error(`no image among ${names.join(', ')}`);
  return join(folder, image);
}

const backup = (): Promise<{ code: number | null }> =>
  sysimage('backup', '--disk', disk.path, '--to', url, '--computer', 'pc');
const restore = (version: string, to: string, ...more: readonly string[]): Promise<{ code: number | null }> =>
  sysimage('restore', version, '--from', url, '--disk', to, ...more);

test('what threads read, hash and write is what was on the disk, and what is wrong or finds no room is told', async () => {
  const step = noise('in threads', 8 * mebi);
  // Half of it is zeros, in pieces that begin and end anywhere.
  for (let at = 0; at + step.length < size; at += 16 * mebi - 4096 * 5) await change(disk.path, offset + at, step);
  expect(await backup()).toMatchObject({ code: 0 });
  const first = scratch.at('first.img');
  expect(await restore('latest', first)).toMatchObject({ code: 0 });
  await sameBytes(first, disk.path);

  await change(disk.path, offset + 100 * mebi, noise('later', 3 * mebi));
  expect(await backup()).toMatchObject({ code: 0 });
  const second = scratch.at('second.img');
  expect(await restore('latest', second, '--verify')).toMatchObject({ code: 0 });
  await sameBytes(second, disk.path);

  await mountTmpfs(full, 64 * mebi);
  expect(await restore('latest', join(full, 'copy.img'))).toMatchObject({ code: 15 });
  expect(await readdir(full)).toEqual([]);

  // Some of so much is no zeros.
  const image = await imageBelow(scratch.at('target'));
  await change(image, Math.floor((await stat(image)).size * 0.8), noise('damage', 4 * mebi));
  const third = scratch.at('third.img');
  expect(await restore('latest', third)).toMatchObject({ code: 16 });
  expect(existsSync(third)).toBe(false);
});
