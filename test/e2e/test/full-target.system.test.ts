import { afterAll, expect, test } from '@jest/globals';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fsck, hashTree, makeDisk, makeScratch, noise, run, withVolume } from '@sysimage/fixtures';
import { at, attemptHere, lookAt, mountExt4, succeedHere, textAt, writeInPlace, type Said } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const disk = await makeDisk(scratch.at('disk.img'), {
  table: 'gpt',
  size: 128 * mebi,
  partitions: [{ type: 'ext4', label: 'data' }],
});
const fill = (seed: string): Promise<ReadonlyMap<string, string>> =>
  withVolume(disk, 1, async (folder) => {
    for (const part of ['a', 'b']) await writeInPlace(join(folder, part), noise(`${seed} ${part}`, 36 * mebi));
    return hashTree(folder);
  });
const backUp = (target: string): Promise<Said> =>
  attemptHere('backup', '--disk', disk.path, '--to', `dir:${target}`, '--computer', 'pc', '--json');

function expectFull({ code, result, stderr, events }: Said): void {
  expect({ code, error: at(result, 'error', 'code'), stderr }).toMatchObject({ code: 15, error: 'no-space' });
  expect(events.some((event) => at(event, 'event') === 'progress')).toBe(true);
}

test('a target that is full in the middle of the first backup: all of it is taken back', async () => {
  const tree = await fill('first');
  const target = scratch.at('first');
  await mountExt4(target, 120 * mebi);
  await run('fallocate', '--length', String(60 * mebi), join(target, 'other.bin'));
  expectFull(await backUp(target));
  expect(lookAt(target, 'pc')).toMatchObject({ leases: 0, marks: 0, versions: 0, imageBytes: 0, maps: 0 });
  expect(await attemptHere('restore', 'latest', '--from', `dir:${target}`, '--disk', scratch.at('none'))).toMatchObject(
    {
      code: 10,
    },
  );

  await rm(join(target, 'other.bin'));
  const { code, result } = await backUp(target);
  expect(code).toBe(0);
  expect((await readdir(target, { recursive: true })).filter((name) => name.includes('.sysimage-put'))).toEqual([]);
  expect(lookAt(target, 'pc')).toMatchObject({ leases: 0, marks: 0, versions: 1, maps: 2, layers: 0 });
  const restored = { ...disk, path: scratch.at('first.img') };
  await succeedHere('restore', textAt(result, 'version', 'id'), '--from', `dir:${target}`, '--disk', restored.path);
  await fsck(restored, 1);
  expect(await withVolume(restored, 1, hashTree, { readOnly: true })).toEqual(tree);
});
