import { createMemoryTarget, type MemoryFacet } from '@sysimage/target-memory';
import type { KitSetup } from '../src/index.js';

function memorySetup(facets: readonly MemoryFacet[], writeOnce: boolean): KitSetup {
  return {
    facets,
    writeOnce,
    open: () => {
      const target = createMemoryTarget({ facets, traits: { writeOnce } });
      const reopen = (): Promise<typeof target> =>
        Promise.resolve(createMemoryTarget({ facets, traits: { writeOnce }, store: target.store }));
      return Promise.resolve({ target, reopen, dispose: () => Promise.resolve() });
    },
  };
}

/** The three shapes of targets. */
export const memorySetups: readonly KitSetup[] = [
  memorySetup(['random', 'capacity'], false),
  memorySetup([], false),
  memorySetup(['batch'], true),
];
