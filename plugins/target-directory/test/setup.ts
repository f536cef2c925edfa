import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeTarget, type FacetName, type Host } from '@sysimage/core/plugin';
import type { KitSetup } from '@sysimage/target-kit';
import { directory } from '../src/index.js';

const host: Host = {
  now: () => new Date(),
  log: () => undefined,
  random: (length) => randomBytes(length),
  disksBelow: () => Promise.resolve({ known: true, disks: [] }),
  requestMedium: () => Promise.resolve(),
};

/** A folder of its own below `root` for each case; `facets`: what a place there must have. */
export function setupIn(root: string, facets: readonly FacetName[]): KitSetup & { readonly host: Host } {
  return {
    facets,
    host,
    open: async () => {
      const folder = await mkdtemp(join(root, 'sysimage-conformance-'));
      const place = { url: `dir:${join(folder, 'target')}` };
      const reopen = async () => completeTarget<never>(await directory.open(place, host, 'write'));
      return { target: await reopen(), reopen, dispose: () => rm(folder, { recursive: true }) };
    },
  };
}

/** Where temporary files lie, whatever can be done there. */
export const setup: KitSetup = {
  ...setupIn(tmpdir(), directory.facets),
  ...(directory.maybe === undefined ? {} : { maybe: directory.maybe }),
};
