import { test } from '@jest/globals';
import { fuzzPartitionTable } from './fuzz.js';

test('random and changed tables give values or a FormatError', async () => {
  await fuzzPartitionTable({ seed: 1, runs: 200 });
}, 60_000);
