import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashFile, makeScratch } from '@sysimage/fixtures';
import {
  at,
  attemptHere,
  demoDisk,
  mainJob,
  startPlaces,
  succeedHere,
  textAt,
  type JobOutcome,
  type Places,
} from '../src/index.js';

let scratch: Awaited<ReturnType<typeof makeScratch>>;
let places: Places;
let config: string;
/** The main job on a folder. The second version as it gives it back is what every other target must give. */
let first: JobOutcome;

beforeAll(async () => {
  scratch = await makeScratch();
  places = await startPlaces(scratch.path);
  config = join(scratch.path, 'config.json');
  writeFileSync(config, JSON.stringify(places.config));
  first = await mainJob(scratch.path, config, 'folder');
}, 600_000);

afterAll(async () => {
  await places.stop();
  await scratch.remove();
}, 120_000);

test('a folder keeps both versions, and the first is the disk from before the change', () => {
  expect(first).toEqual({ restored: [demoDisk.sha256.before, expect.any(String)], replaces: false });
});

const names = ['volume', 'image', 'crate', 'share', 'share-keeping', 'bucket', 'discs'];

test.each(names)(
  'the main job on %s, by configuration alone',
  async (name) => {
    const { restored, replaces } = await mainJob(scratch.path, config, name);
    const second = first.restored[1];
    expect(restored).toEqual(replaces ? [second] : [demoDisk.sha256.before, second]);
  },
  300_000,
);

test.each(['share', 'bucket'])(
  '%s does what it promises, and nothing is left of the check',
  async (name) => {
    const { result } = await succeedHere('target', 'check', name, '--config', config, '--json');
    expect(result).toMatchObject({ status: 'done', failed: [], left: [], record: expect.stringContaining('/probe-') });
    const shown = await succeedHere('target', 'show', name, '--config', config, '--json');
    expect(at(shown.result, 'check', 'withheld')).toEqual([]);
    expect((await succeedHere('versions', '--config', config, '--from', name, '--json')).result).toHaveProperty(
      'versions',
    );
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
  const { result } = await succeedHere('versions', '--config', config, '--from', 'discs', '--json');
  const oldest = textAt(result, 'versions', 0, 'id');
  renameSync(missing, away);
  const to = join(scratch.path, 'from-discs.img');
  const ended = await attemptHere(...restore.with(1, oldest), '--disk', `0=${to}`);
  expect(ended.code).toBe(10);
  expect(at(ended.result, 'error', 'code')).toBe('media-required');
  expect(ended.stderr).toMatch(/SYSIMG_[0-9A-F]{8}_\d{4}/u);
  renameSync(away, join(folder, 'renamed-by-hand.iso'));
  await succeedHere(...restore.with(1, oldest), '--disk', `0=${to}`);
  expect(await hashFile(to)).toBe(demoDisk.sha256.before);
}, 120_000);
