import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeScratch } from '@sysimage/fixtures';
import { killedChain, startPlaces, type Places } from '../src/index.js';

let scratch: Awaited<ReturnType<typeof makeScratch>>;
let places: Places;

beforeAll(async () => {
  scratch = await makeScratch();
  places = await startPlaces(scratch.path, ['ntfsVolume', 'share', 'bucket', 'discs']);
  writeFileSync(scratch.at('config.json'), JSON.stringify(places.config));
}, 120_000);

afterAll(async () => {
  await places.stop();
  await scratch.remove();
}, 60_000);

// A folder is tried at chosen moments in killed-backup.system.test.ts.
test.each(['volume', 'share', 'bucket', 'discs'])(
  'killed twenty times at random moments of a backup to %s: what is complete restores, and it goes on',
  async (target) => {
    const { path: folder } = scratch;
    const restores = await killedChain({ folder, config: scratch.at('config.json'), target, kills: 20, seed: 1 });
    expect(restores).toBeGreaterThan(20);
  },
  240_000,
);
