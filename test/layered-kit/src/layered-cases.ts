import { stacked } from '@sysimage/layers';
import { conformance, type KitSetup } from '@sysimage/target-kit';
import type { Target } from '@sysimage/core/plugin';
import { readOnlyCases } from './read-only-cases.js';

export interface LayeredCase {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** All cases of the kit on the target in every wrapper, and what a read-only view must do. */
export function layeredCases(setup: KitSetup): readonly LayeredCase[] {
  const { cases } = conformance({ ...setup, open: () => openInStack(setup) });
  return [
    ...cases.map(({ name, run }) => ({ name: `wrapped: ${name}`, run })),
    ...readOnlyCases.map(({ name, run }) => ({ name: `read-only: ${name}`, run: () => run(setup) })),
  ];
}

async function openInStack(setup: KitSetup): ReturnType<KitSetup['open']> {
  const { target, reopen, dispose } = await setup.open();
  let lines = 0;
  const wrapped = (inner: Target): Target =>
    stacked(inner, {
      clock: { now: () => new Date(), sleep },
      random: { bytes: (length) => new Uint8Array(length) },
      retry: { tries: 3, pause: 1, longestPause: 2 },
      // Fast enough for tests, and slow enough that everything goes in pieces.
      limit: () => 64 * 2 ** 20,
      trace: () => (lines += 1),
    });
  return {
    target: wrapped(target),
    reopen: async () => wrapped(await reopen()),
    dispose: async () => {
      await dispose();
      if (lines === 0) throw new Error('no call was traced: it did not go through the wrappers');
    },
  };
}

async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
