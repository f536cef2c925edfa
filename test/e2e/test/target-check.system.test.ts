import { afterAll, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashTree, makeScratch, waitUntil } from '@sysimage/fixtures';
import { at, startSysimage, succeed, sysimage } from '../src/index.js';

const scratch = await makeScratch();
afterAll(() => scratch.remove());

/** Every object of a folder: what a killed put had begun is hidden, and none. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) =>
    entry.isFile() && !entry.name.startsWith('.') ? [join(entry.parentPath, entry.name).slice(folder.length + 1)] : [],
  );
}

const record = 'sysimage-check/probe-dir.json';

const isUnderWay = (folder: string): Promise<boolean> =>
  filesBelow(join(folder, 'sysimage-check')).then(
    (files) => files.some((file) => file.includes('/case-')),
    () => false,
  );

/** Makes a check that was killed look like two: the other one is of this process, and very old. Tells its file. */
async function beginAnother(folder: string): Promise<string> {
  const [mark = ''] = (await filesBelow(folder)).filter((file) => file.endsWith('holder.json'));
  const holder = at(JSON.parse(await readFile(join(folder, mark), 'utf8')), 'holder');
  const processStart = (await readFile('/proc/self/stat', 'latin1')).split(') ')[1]?.split(' ')[19];
  const other = 'sysimage-check/run-20260101t000000-00000000/holder.json';
  await mkdir(join(folder, dirname(other)));
  const ours = { ...Object(holder), process: process.pid, processStart };
  await writeFile(join(folder, other), JSON.stringify({ format: 'sysimage-check/1', holder: ours }));
  return other;
}

test('a sound target passes, and what is left is the record, beside all that was there', async () => {
  const folder = scratch.at('sound');
  await mkdir(join(folder, 'sysimage', 'pc'), { recursive: true });
  await writeFile(join(folder, 'sysimage', 'pc', 'computer.json'), 'mine');
  await writeFile(join(folder, 'other.txt'), 'mine too');
  const before = await hashTree(folder);
  const killed = startSysimage('target', 'check', `dir:${folder}`);
  await waitUntil('the check has written something', () => isUnderWay(folder));
  killed.kill();
  await killed.ended;
  const alive = await beginAnother(folder);

  const { result, stdout } = await succeed('target', 'check', `dir:${folder}`, '--json');
  expect(stdout.split('\n').filter(Boolean)).toHaveLength(1);
  expect(result).toMatchObject({ event: 'result', status: 'done', exitCode: 0, failed: [], left: [], record });
  expect(at(result, 'facets', 0)).toEqual({
    facet: 'random',
    declared: 'yes',
    probed: true,
    effective: true,
    failed: 0,
  });
  // What the killed check left is gone, what another that goes on has written is not.
  const files = ['other.txt', 'sysimage/pc/computer.json', record, alive];
  expect((await filesBelow(folder)).toSorted()).toEqual(files.toSorted());
  const after = await hashTree(folder);
  for (const [path, digest] of before) expect(after.get(path)).toBe(digest);
  const { stdout: words } = await succeed('target', 'show', `dir:${folder}`);
  expect(words).toMatch(/last check +\d{4}-.*: \d+ passed, 0 failed/u);
});

test('the faults of a plugin from outside are named, and what is broken is not used from then on', async () => {
  const folder = scratch.at('faulty');
  const config = scratch.at('config.json');
  const plugin = join(import.meta.dirname, '../../broken-plugin/broken.mjs');
  await writeFile(config, JSON.stringify({ plugins: [plugin] }));
  const show = async (): Promise<unknown> =>
    (await succeed('target', 'show', `broken:${folder}`, '--config', config, '--json')).result;
  await mkdir(folder);
  expect(at(await show(), 'capabilities')).toMatchObject({ randomWrite: true, shadowCopies: 'engine' });
  const ended = await sysimage('target', 'check', `broken:${folder}`, '--config', config);
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(/^failed +list: every name once.*\n +list yields 1000 of 1100 names$/mu);
  expect(ended.stdout).toMatch(/^failed +random: truncate cuts, and grows/mu);
  expect(ended.stdout).toMatch(/^ +random +yes +yes +no +\d cases? failed$/mu);
  expect(ended.stdout).toMatch(/^ +capacity +yes +yes +yes$/mu);
  const seen = await show();
  expect(at(seen, 'capabilities')).toMatchObject({ randomWrite: false, shadowCopies: 'none', freeSpaceKnown: true });
  expect(at(seen, 'check', 'withheld', 0)).toMatchObject({ facet: 'random' });
  expect(await filesBelow(folder)).toEqual(['sysimage-check/probe-broken.json']);
});

test('a check that is stopped takes away what it wrote, and leaves no record', async () => {
  const folder = scratch.at('stopped');
  const running = startSysimage('target', 'check', `dir:${folder}`);
  await waitUntil('the check has written something', () => isUnderWay(folder));
  process.kill(running.pid, 'SIGINT');
  expect((await running.ended).code).toBe(130);
  expect(await filesBelow(folder)).toEqual([]);
});

test('a medium that is written once is not touched unless that is wanted', async () => {
  const folder = scratch.at('discs');
  await mkdir(folder);
  const place = `optical:${folder}?capacity=4MiB`;
  const refused = await sysimage('target', 'check', place, '--no-input');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('is written once');
  expect(await filesBelow(folder)).toEqual([]);
  const { result } = await succeed('target', 'check', place, '--json', '--yes');
  expect(result).toMatchObject({ status: 'done', failed: [] });
  expect(result).not.toHaveProperty('record');
}, 120_000);

test('a place that is not there is no fault of the target', async () => {
  await writeFile(scratch.at('file'), '');
  expect((await sysimage('target', 'check', `dir:${scratch.at('file')}`)).code).toBe(2);
  expect((await sysimage('target', 'check', 'nothing:here')).code).toBe(2);
});
