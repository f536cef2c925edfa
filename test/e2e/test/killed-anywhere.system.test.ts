import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeScratch } from '@sysimage/fixtures';
import { killedChain, startPlaces, type Places } from '../src/index.js';

let scratch: Awaited<ReturnType<typeof makeScratch>>;
let places: Places;

beforeAll(async () => {
  scratch = await makeScratch();
  places = await startPlaces(scratch.path, ['copies', 'ntfsVolume', 'ntfsImage', 'share', 'bucket', 'discs']);
  writeFileSync(scratch.at('config.json'), JSON.stringify(places.config));
}, 120_000);

afterAll(async () => {
  await places.stop();
  await scratch.remove();
}, 60_000);

// A folder is tried at chosen moments in killed-backup.system.test.ts. Where images are not changed in place fewer moments differ; all
// of them are for `npm run soak -- --kills 200`.
test.each([
  ['copies', 10],
  ['volume', 20],
  // Every run mounts it, and what a killed one left mounted is unmounted by the next.
  ['image', 6],
  ['share', 20],
  ['bucket', 10],
  ['discs', 10],
])(
  'a backup to %s is killed %i times at random moments: what is complete restores, and it goes on',
  async (target, kills) => {
    const { path: folder } = scratch;
    const restores = await killedChain({ folder, config: scratch.at('config.json'), target, kills, seed: 1 });
    expect(restores).toBeGreaterThan(kills);
  },
  240_000,
);
