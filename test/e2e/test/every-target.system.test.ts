import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeScratch } from '@sysimage/fixtures';
import { at, demoDisk, digestOf, mainJob, startPlaces, succeed, sysimage, textAt, type Places } from '../src/index.js';

let scratch: Awaited<ReturnType<typeof makeScratch>>;
let places: Places;
let config: string;
/** The second version as the first target gives it back: every other one must give the same bytes. */
let second: string;

beforeAll(async () => {
  scratch = await makeScratch();
  places = await startPlaces(scratch.path);
  config = join(scratch.path, 'config.json');
  writeFileSync(config, JSON.stringify(places.config));
  second = (await mainJob(scratch.path, config, 'folder')).restored[1] ?? '';
}, 600_000);

afterAll(async () => {
  await places.stop();
  await scratch.remove();
}, 120_000);

test('the first target keeps both versions, and the first is the disk from before the change', async () => {
  const { restored, replaces } = await mainJob(scratch.path, config, 'folder-again');
  expect(replaces).toBe(false);
  expect(restored).toEqual([demoDisk.sha256.before, second]);
}, 120_000);

const names = ['volume', 'crate', 'share', 'share-keeping', 'bucket', 'discs'];

test.each(names)(
  'the main job on %s, by configuration alone',
  async (name) => {
    const { restored, replaces } = await mainJob(scratch.path, config, name);
    expect(restored).toEqual(replaces ? [second] : [demoDisk.sha256.before, second]);
  },
  300_000,
);

test.each(['share', 'bucket'])(
  '%s does what it promises, and nothing is left of the check',
  async (name) => {
    const { result } = await succeed('target', 'check', name, '--config', config, '--json');
    expect(result).toMatchObject({ status: 'done', failed: [], left: [], record: expect.stringContaining('/probe-') });
    const shown = await succeed('target', 'show', name, '--config', config, '--json');
    expect(at(shown.result, 'check', 'withheld')).toEqual([]);
    expect((await succeed('versions', '--config', config, '--from', name, '--json')).result).toHaveProperty('versions');
  },
  120_000,
);

test('a disc that is missing is named, and everything is there again when it is back', async () => {
  const folder = String(at(places.config, 'targets', 'discs', 'folder'));
  const away = join(scratch.path, 'away.iso');
  const discs = readdirSync(folder).filter((name) => name.endsWith('.iso'));
  expect(discs.length).toBeGreaterThan(2);
  const missing = join(folder, discs[0] ?? '');
  const restore = ['restore', 'latest', '--config', config, '--computer', 'Main Job', '--from', 'discs', '--json'];
  const { result } = await succeed('versions', '--config', config, '--from', 'discs', '--json');
  const first = textAt(result, 'versions', 0, 'id');
  renameSync(missing, away);
  const to = join(scratch.path, 'from-discs.img');
  const ended = await sysimage(...restore.with(1, first), '--disk', `0=${to}`);
  expect(ended.code).toBe(10);
  expect(at(ended.result, 'error', 'code')).toBe('media-required');
  expect(ended.stderr).toMatch(/SYSIMG_[0-9A-F]{8}_\d{4}/u);
  renameSync(away, join(folder, 'renamed-by-hand.iso'));
  await succeed(...restore.with(1, first), '--disk', `0=${to}`);
  expect(await digestOf(to)).toBe(demoDisk.sha256.before);
}, 120_000);
