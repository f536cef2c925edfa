import { describe, test } from '@jest/globals';
import type { KitSetup } from '@sysimage/target-kit';
import { createMemoryTarget, type MemoryFacet } from '@sysimage/target-memory';
import { layeredCases } from '../src/index.js';

function setup(facets: readonly MemoryFacet[], writeOnce: boolean): KitSetup {
  return {
    facets,
    writeOnce,
    manyObjects: 20,
    open: async () => {
      const target = createMemoryTarget({ facets, traits: { writeOnce } });
      const reopen = async (): Promise<typeof target> =>
        createMemoryTarget({ facets, traits: { writeOnce }, store: target.store });
      return { target, reopen, dispose: async () => undefined };
    },
  };
}

describe.each([setup(['random', 'capacity'], false), setup(['batch'], true)])(
  'a target in memory with $facets',
  (each) => {
    test.each(layeredCases(each))('$name', ({ run }) => run());
  },
);
