import { test } from '@jest/globals';
import { fuzzTarget } from '../src/index.js';

test('whatever is wrong with objects: readers refuse, or return what was backed up', async () => {
  await fuzzTarget({ seed: 1, runs: 20 });
}, 60_000);
