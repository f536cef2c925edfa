import { afterAll, expect, test } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { fillTree, hashTree, makeDisk, makeScratch, noise, run, withVolume } from '@sysimage/fixtures';
import { at, attemptHere, listAt, numberAt, settleSmall, succeedHere, textAt } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

test('plan shows what a backup would do, and writes nothing', async () => {
  const { disk } = await settleSmall(scratch.at('planned.img'));
  const folder = scratch.at('planned');
  await run('mkdir', folder);
  const args = ['--disk', disk.path, '--to', `dir:${folder}`];
  const { stdout } = await succeedHere('plan', ...args);
  expect(stdout).toMatch(/^ {2}\[.*█.*\]$/mu);
  for (const word of ['ESP', 'home', 'fat32', 'ext4', 'to read', 'shadow copies', 'older versions stay']) {
    expect({ word, said: stdout.includes(word) }).toEqual({ word, said: true });
  }
  // In memory or on the disk of the image, as the scratch folder is.
  expect(stdout).toMatch(/\[target\/(?:in-memory|same-physical-disk)\]/u);
  const { result } = await succeedHere('plan', ...args, '--json');
  expect(at(result, 'plan', 'strategy')).toEqual({ kind: 'in-place' });
  expect(listAt(result, 'findings')).not.toEqual([]);
  expect(await readdir(folder)).toEqual([]);
  // A backup would make it.
  const nowhere = await attemptHere('plan', '--disk', disk.path, '--to', `dir:${folder}/not/there`, '--json');
  expect(nowhere.code).toBe(0);
  expect(await readdir(folder)).toEqual([]);
});

test('a volume that is left out is recorded and not read; what was asked for comes back', async () => {
  const { disk, trees } = await settleSmall(scratch.at('chosen.img'));
  const folder = scratch.at('chosen');
  await run('mkdir', folder);
  const common = ['--disk', disk.path, '--to', `dir:${folder}`];
  const { result } = await succeedHere('backup', ...common, '--exclude', 'LABEL=home', '--json');
  const volumes = listAt(result, 'version', 'disks', 0, 'volumes');
  expect(volumes.map((volume) => textAt(volume, 'copied'))).toEqual(['used', 'none']);
  expect(numberAt(result, 'version', 'disks', 0, 'allocatedBytes')).toBeLessThan(40 * mebi);
  const restored = scratch.at('chosen-again.img');
  await succeedHere('restore', 'latest', '--from', `dir:${folder}`, '--disk', restored);
  const again = { ...disk, path: restored };
  expect(await withVolume(again, 1, hashTree, { readOnly: true })).toEqual(trees.get(1));
  expect((await run('blkid', '-p', '-O', String(disk.partitions[1]?.offset), restored).catch(() => '')).trim()).toBe(
    '',
  );

  // Taken again later: the same disk, the same image, and what was left out before is now there.
  await succeedHere('backup', ...common);
  const whole = scratch.at('chosen-whole.img');
  await succeedHere('restore', 'latest', '--from', `dir:${folder}`, '--disk', whole);
  expect(await withVolume({ ...disk, path: whole }, 2, hashTree, { readOnly: true })).toEqual(trees.get(2));
  await succeedHere('verify', '--from', `dir:${folder}`);

  // Onto a disk of the same layout only the volumes of the version are written.
  const first = textAt(result, 'version', 'id');
  await withVolume(disk, 2, (place) => run('touch', `${place}/newer`));
  await succeedHere('restore', first, '--from', `dir:${folder}`, '--disk', disk.path, '--yes');
  const now = await withVolume(disk, 2, hashTree, { readOnly: true });
  expect([...now.keys()].some((name) => name.endsWith('newer'))).toBe(true);
});

test.each([
  ['--include', 'LABEL=hone'],
  ['--exclude', '7'],
])('%s %s: there is no such volume, and what there is is said', async (flag, volume) => {
  const { disk } = await settleSmall(scratch.at(`wrong${flag}.img`));
  const ended = await attemptHere('plan', '--disk', disk.path, '--to', `dir:${scratch.at('.')}`, flag, volume);
  expect({ code: ended.code, says: ended.stderr.includes('0:2 (home)') }).toEqual({ code: 2, says: true });
});

test('what Windows makes anew by itself is taken, unless it is left out; the file is still there then', async () => {
  const disk = await makeDisk(scratch.at('windows.img'), {
    table: 'mbr',
    size: 64 * mebi,
    partitions: [{ type: 'ntfs', label: 'Windows' }],
  });
  await withVolume(disk, 1, async (place) => {
    await writeFile(`${place}/pagefile.sys`, noise('pages', 20 * mebi));
    await fillTree(place, { files: 40, seed: 1, largest: mebi / 2 });
  });
  const files = await withVolume(disk, 1, hashTree, { readOnly: true });
  const folder = scratch.at('windows');
  await run('mkdir', folder);
  const common = ['--disk', disk.path, '--to', `dir:${folder}`];
  const { result: faithful } = await succeedHere('backup', ...common, '--json');
  const { stdout } = await succeedHere('plan', ...common, '--leave-out', 'pagefile', '--leave-out', 'hiberfil');
  expect(stdout).toContain('without pagefile (19.9 MiB)');
  const { result } = await succeedHere('backup', ...common, '--leave-out', 'pagefile', '--json');
  expect(at(result, 'version', 'disks', 0, 'volumes', 0, 'leftOut')).toMatchObject([{ name: 'pagefile' }]);
  const restore = async (version: string, name: string): Promise<ReadonlyMap<string, string>> => {
    const path = scratch.at(name);
    await succeedHere('restore', version, '--from', `dir:${folder}`, '--disk', path);
    await succeedHere('verify', version, '--from', `dir:${folder}`);
    return withVolume({ ...disk, path }, 1, hashTree, { readOnly: true });
  };
  expect(await restore(textAt(faithful, 'version', 'id'), 'faithful.img')).toEqual(files);
  const without = await restore(textAt(result, 'version', 'id'), 'without.img');
  expect([...without.keys()]).toEqual([...files.keys()]);
  expect([...without].filter(([name, digest]) => files.get(name) !== digest).map(([name]) => name)).toEqual([
    'pagefile.sys',
  ]);
  const wrong = await attemptHere('plan', ...common, '--leave-out', 'documents');
  expect({ code: wrong.code, says: wrong.stderr.includes('shadow-copies') }).toEqual({ code: 2, says: true });
});
