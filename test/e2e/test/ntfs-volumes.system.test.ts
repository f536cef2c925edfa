import { afterAll, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { loopsBelow, makeDisk, makeScratch, noise, sameBytes, withVolume, type Disk } from '@sysimage/fixtures';
import { at, attemptHere, listAt, startSysimage, sysimageHere, type Running } from '../src/index.js';

const mebi = 1024 * 1024;
const names = ['one', 'two', 'three'];
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const source = await makeDisk(scratch.at('source.img'), {
  table: 'gpt',
  size: 64 * mebi,
  partitions: [{ type: 'ext4', label: 'data' }],
});
const target = await makeDisk(scratch.at('target.img'), {
  table: 'gpt',
  size: 120 * mebi,
  partitions: [
    { type: 'ext4', size: 8 * mebi },
    { type: 'ntfs', size: 96 * mebi, label: 'Backup' },
  ],
});
await fill(source, 'first');

const place = `ntfs:${target.path}?folder=backups/all`;
const backUp = ['backup', '--disk', source.path, '--to', place, '--computer', 'pc', '--json'] as const;

async function fill(disk: Disk, seed: string): Promise<void> {
  await withVolume(disk, 1, async (folder) => {
    for (const name of names) await writeFile(join(folder, name), noise(`${seed} ${name}`, 10 * mebi), { flag: 'a' });
  });
}

/** Nothing of it is mounted, and the volume is one that Windows would take as it is. */
async function expectPutAway(): Promise<void> {
  expect(await loopsBelow(scratch.path)).toEqual([]);
  await withVolume(target, 2, async () => {}, { readOnly: true });
  const { stdout } = await attemptHere('target', 'show', place.replace('?', '?partition=2&'));
  expect(stdout).toMatch(/sparse files +yes\n +put away +clean/u);
  expect(await loopsBelow(scratch.path)).toEqual([]);
}

/** A backup that has the volume mounted, and has said that it began. */
async function underWay(): Promise<Running> {
  const running = startSysimage(...backUp);
  let over = false;
  void running.ended.then(() => (over = true));
  await running.begun;
  while (!over && (await loopsBelow(scratch.path)).length === 0) await setImmediate();
  expect(over).toBe(false);
  return running;
}

test('the volume in an image file takes backups, and is unmounted after each command, also after Ctrl-C and a kill', async () => {
  expect(await attemptHere(...backUp)).toMatchObject({ code: 0 });
  await expectPutAway();

  await using stopped = await underWay();
  process.kill(stopped.pid, 'SIGINT');
  expect(await stopped.ended).toMatchObject({ code: 130 });
  await expectPutAway();

  await using killed = await underWay();
  killed.kill();
  await killed.ended;
  expect((await loopsBelow(scratch.path)).length).toBe(1);
  expect(listAt(await sysimageHere('versions', '--from', place, '--json'), 'versions').length).toBe(1);
  await expectPutAway();

  expect(await attemptHere(...backUp)).toMatchObject({ code: 0 });
  const restored = scratch.at('restored.img');
  await sysimageHere('restore', 'latest', '--from', place, '--disk', restored, '--json');
  await expectSameFiles(restored);
  await sysimageHere('verify', '--from', place, '--json');
  await expectPutAway();
});

async function expectSameFiles(path: string): Promise<void> {
  await withVolume({ ...source, path }, 1, (found) =>
    withVolume(source, 1, async (wanted) => {
      for (const name of names) await sameBytes(join(found, name), join(wanted, name));
    }),
  );
}

test('a volume of the disk that is taken is no place for its backup, unless it is left out', async () => {
  const inside = `ntfs:${target.path}?partition=2`;
  for (const command of ['plan', 'backup']) {
    const { code, stderr } = await attemptHere(command, '--disk', target.path, '--to', inside, '--allow-live');
    expect({ code, stderr }).toEqual({
      code: 13,
      stderr: expect.stringContaining(`lies in partition 2 of ${target.path}`) as unknown,
    });
  }
  await expectPutAway();
  const planned = await attemptHere('plan', '--disk', target.path, '--to', inside, '--exclude', '0:2', '--json');
  expect(planned.code).toBe(0);
  expect(at(planned.result, 'plan', 'target', 'traits', 'volume')).toEqual({
    label: 'Backup',
    clusterSize: 4096,
    state: 'clean',
    compressed: false,
    sparse: true,
  });
  await expectPutAway();
});

test('whoever only asks leaves every byte as it is, though the volume is mounted for it', async () => {
  const before = await readFile(target.path);
  const asked = ['--disk', source.path, '--to', `ntfs:${target.path}?folder=not/there/yet`];
  for (const words of [['plan'], ['policy', 'check'], ['machine', 'record', scratch.at('asked.json')]])
    expect(await attemptHere(...words, ...asked)).toMatchObject({ code: 0 });
  await expectPutAway();
  expect((await readFile(target.path)).equals(before)).toBe(true);
});

test.each(['CON', 'a:b', 'a%5Cb', 'a./b'])(
  'a folder that Windows could not open is refused as any wrong target is: %s',
  async (folder) => {
    for (const words of [
      ['backup', '--disk', source.path, '--to'],
      ['versions', '--from'],
      ['target', 'show'],
    ]) {
      const { code, stderr } = await attemptHere(...words, `ntfs:${target.path}?folder=${folder}`);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining('The option "folder" must be one that Windows can open') as unknown,
      });
    }
  },
);

test('target check finds nothing to complain about', async () => {
  expect(await attemptHere('target', 'check', place, '--json')).toMatchObject({ code: 0, result: { failed: [] } });
  await expectPutAway();
});
