import { createMemoryTarget, type MemoryFacet, type MemoryStore } from '@sysimage/target-memory';
import type { KitSetup } from '../src/index.js';

function memorySetup(facets: readonly MemoryFacet[], writeOnce: boolean): KitSetup {
  return {
    name: `memory with ${facets.join(', ') || 'no facets'}`,
    facets,
    writeOnce,
    powerCuts: true,
    retainFor: 400,
    heartbeat: 25,
    print: () => undefined,
    open: () => {
      const onto = (store?: MemoryStore) =>
        createMemoryTarget({
          facets,
          traits: { writeOnce },
          volatile: true,
          ...(store === undefined ? {} : { store }),
        });
      const target = onto();
      return Promise.resolve({
        target,
        reopen: () => Promise.resolve(onto(target.store)),
        powerCut: () => Promise.resolve(onto(target.store.powerCut({ keep: 'none' }))),
        dispose: () => Promise.resolve(),
      });
    },
  };
}

/** The shapes of targets: one that can do everything, whole objects alone, discs. */
export const memorySetups: readonly KitSetup[] = [
  memorySetup(['random', 'capacity', 'batch', 'history', 'lease', 'retention', 'media'], false),
  memorySetup([], false),
  memorySetup(['batch', 'media'], true),
];
