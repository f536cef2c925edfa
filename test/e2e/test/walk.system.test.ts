import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { makeScratch } from '@sysimage/fixtures';
import { startPlaces, walk } from '../src/index.js';

const scratch = await makeScratch();
afterAll(() => scratch.remove());

test('whatever is done in any order and killed at any moment: what was not deleted is there', async () => {
  const { config, stop } = await startPlaces(scratch.path, ['folders']);
  mkdirSync(scratch.at('work'));
  writeFileSync(scratch.at('config.json'), JSON.stringify(config));
  const counts = await walk({
    folder: scratch.at('work'),
    config: scratch.at('config.json'),
    target: 'folder',
    seed: 5,
    goOn: (steps) => steps < 12,
  });
  await stop();
  expect(counts.restores).toBeGreaterThan(12);
}, 120_000);
