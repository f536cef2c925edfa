import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeTarget, type Host } from '@sysimage/core/plugin';
import type { KitSetup } from '@sysimage/target-kit';
import { directory } from '../src/index.js';

const host: Host = {
  now: () => new Date(),
  log: () => undefined,
  random: (length) => randomBytes(length),
  disksBelow: () => Promise.resolve({ known: true, disks: [] }),
  requestMedium: () => Promise.resolve(),
};

/** A folder of its own for each case. */
export const setup: KitSetup = {
  facets: directory.facets,
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sysimage-conformance-'));
    const place = { url: `dir:${join(folder, 'target')}` };
    const reopen = async () => completeTarget<never>(await directory.open(place, host, 'write'));
    return { target: await reopen(), reopen, dispose: () => rm(folder, { recursive: true }) };
  },
};
