import { describe, expect, test } from '@jest/globals';
import type { FacetName, Target } from '@sysimage/core/plugin';
import { conformance, type KitSetup } from '@sysimage/target-kit';
import { createMemoryTarget, type MemoryFacet, type MemoryStore } from '@sysimage/target-memory';
import { stacked } from '../src/index.js';

const host = {
  clock: {
    now: () => new Date(),
    sleep: (milliseconds: number) => new Promise<void>((resolve) => void setTimeout(resolve, milliseconds)),
  },
  random: { bytes: (length: number) => new Uint8Array(length) },
};

const lines: string[] = [];
const inStack = (target: Target): Target =>
  stacked(target, {
    ...host,
    retry: { tries: 3, pause: 1, longestPause: 2 },
    limit: () => 2 ** 29,
    trace: (line) => lines.push(line),
  });

function setup(facets: readonly (FacetName & MemoryFacet)[], writeOnce: boolean): KitSetup {
  const open = (store?: MemoryStore): ReturnType<typeof createMemoryTarget<MemoryFacet>> =>
    createMemoryTarget({ facets, traits: { writeOnce }, ...(store === undefined ? {} : { store }) });
  return {
    facets,
    writeOnce,
    manyObjects: 50,
    open: async () => {
      const target = open();
      return {
        target: inStack(target),
        reopen: async () => inStack(open(target.store)),
        dispose: async () => undefined,
      };
    },
  };
}

describe.each([setup(['random', 'capacity'], false), setup([], false), setup(['batch'], true)])(
  'retry, limit and trace around a target in memory with $facets',
  (each) => {
    test.each(conformance(each).cases)('$name', async ({ run }) => {
      lines.length = 0;
      await run();
      expect(lines.length).toBeGreaterThan(0);
    });
  },
);
