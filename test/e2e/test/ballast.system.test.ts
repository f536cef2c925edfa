import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { attempt, makeScratch, run } from '@sysimage/fixtures';
import { attemptHere, listAt, lookAt, mountExt4, succeedHere, sysimageHere, textAt, ToyDisk } from '../src/index.js';

const mebibyte = 1024 * 1024;
const ballastSize = 16 * mebibyte;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const target = scratch.at('target');
const [to, from] = [
  ['--to', `dir:${target}`, '--computer', 'pc'],
  ['--from', `dir:${target}`, '--computer', 'pc'],
];
const ballast = join(target, 'sysimage', 'pc', 'ballast');
const others = join(target, 'others');
const disk = new ToyDisk(12 * mebibyte);
let round = 0;

/** Every version rewrites a mebibyte. */
async function backUp(...more: readonly string[]): ReturnType<typeof attemptHere> {
  round += 1;
  for (let block = 256; block < 512; block += 1) disk.fill(block, round);
  await writeFile(scratch.at('disk.img'), disk.bytes);
  return attemptHere('backup', '--disk', scratch.at('disk.img'), ...to, '--json', ...more);
}

async function ids(): Promise<readonly string[]> {
  return listAt(await sysimageHere('versions', ...from, '--json'), 'versions').map((version) => textAt(version, 'id'));
}

/** Takes all there is, to the last block of the file system. */
async function fillUp(): Promise<void> {
  await mkdir(others, { recursive: true });
  const { bavail, bsize } = await statfs(target);
  // How much of the rest the file system needs for itself cannot be told.
  const most = bavail * bsize - 4 * mebibyte;
  if (most > 0) await run('fallocate', '--length', String(most), join(others, 'most'));
  await attempt('dd', 'if=/dev/zero', `of=${join(others, 'rest')}`, 'bs=4096', 'conv=fsync');
  expect((await statfs(target)).bavail).toBe(0);
}

async function makeRoom(): Promise<void> {
  await rm(others, { recursive: true });
}

async function isThere(): Promise<boolean> {
  return (await stat(ballast).catch(() => undefined))?.size === ballastSize;
}

test('on a target that is full to the last block, versions can be deleted, and a backup succeeds', async () => {
  await mountExt4(target, 4400 * mebibyte);
  for (let i = 0; i < 4; i += 1) expect(await backUp()).toMatchObject({ code: 0 });
  const [first = '', second = '', third = '', fourth = ''] = await ids();
  expect(await isThere()).toBe(true);

  await fillUp();
  await succeedHere('delete', first, ...from, '--yes');
  expect([await isThere(), await ids()]).toEqual([false, [second, third, fourth]]);
  // Room came back: what the ballast took, and the layer.
  const { bavail, bsize } = await statfs(target);
  expect(bavail * bsize).toBeGreaterThan(ballastSize);

  await makeRoom();
  expect(await backUp()).toMatchObject({ code: 0 });
  expect(await isThere()).toBe(true);
  await fillUp();
  await succeedHere('prune', '--keep-last', '2', ...from, '--yes');
  expect(await ids()).toHaveLength(2);

  await makeRoom();
  expect(await backUp()).toMatchObject({ code: 0 });
  await fillUp();
  const before = await ids();
  expect(await backUp('--no-evict')).toMatchObject({ code: 0 });
  const after = await ids();
  expect(after.slice(0, -1)).toEqual(before);
  expect(lookAt(target, 'pc')).toMatchObject({ leases: 0, marks: 0 });
  expect(await sysimageHere('verify', ...from, '--json')).toMatchObject({ damages: [] });

  // Without it there is no room for a lease.
  await makeRoom();
  await rm(ballast, { force: true });
  await fillUp();
  expect(await attemptHere('delete', ...before, ...from, '--yes')).toMatchObject({ code: 15 });
  expect(await ids()).toEqual(after);

  // It goes with the last version.
  await makeRoom();
  expect(await backUp()).toMatchObject({ code: 0 });
  expect(await isThere()).toBe(true);
  await succeedHere('delete', ...(await ids()), ...from, '--yes');
  expect(await isThere()).toBe(false);
}, 120_000);
