import { describe, expect, test } from '@jest/globals';
import { conformance, kitCases } from '../src/index.js';
import { memorySetups } from './memory-setups.js';

describe.each(memorySetups)('$name', (setup) => {
  const { cases, skipped } = conformance(setup);
  test.each(cases)('$name', async ({ run }) => {
    expect(await run()).toEqual({});
  });
  test('cases are left out only for what the manifest says', () => {
    expect(cases.length + skipped.length).toBe(kitCases.length);
    for (const { why } of skipped) {
      expect(why).toMatch(/^the target has no |^the medium is written once$|^the medium is not written once$/u);
    }
  });
});
