import { test } from '@jest/globals';
import { fuzzVhd } from './fuzz.js';

test('changed and random bytes give values or a FormatError', async () => {
  await fuzzVhd({ seed: 1, runs: 2000 });
}, 60_000);
