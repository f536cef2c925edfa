import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeScratch } from '@sysimage/fixtures';
import { demoDisk, mainJob, startPlaces, type Places } from '../src/index.js';

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
