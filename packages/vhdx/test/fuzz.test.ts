import { test } from '@jest/globals';
import { fuzzVhdx } from './fuzz.js';

test('changed and random bytes give values or a FormatError', async () => {
  await fuzzVhdx({ seed: 1, runs: 600 });
}, 60_000);
