import { expect, test } from '@jest/globals';
import { makeScratch } from '@sysimage/fixtures';
import { powerCutsOnNtfs } from '../src/index.js';

test('the power goes in the middle of a backup to an NTFS volume: what was complete restores, and it goes on', async () => {
  await using scratch = await makeScratch();
  expect(await powerCutsOnNtfs({ folder: scratch.path, most: 8, seed: 1 })).toBe(9);
}, 120_000);
