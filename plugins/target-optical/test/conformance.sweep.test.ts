import { join } from 'node:path';
import { test } from '@jest/globals';
import { completeTarget } from '@sysimage/core/plugin';
import { layeredCases } from '@sysimage/layered-kit';
import { conformance, type KitSetup } from '@sysimage/target-kit';
import { openOptical } from '../src/index.js';
import { optical } from '../src/plugin.js';
import { host, temporaryFolder } from './fixture.js';

const setup: KitSetup = {
  facets: optical.facets,
  writeOnce: true,
  manyObjects: 300,
  open: async () => {
    const place = temporaryFolder();
    const options = { folder: join(place.path, 'target'), capacity: 4 * 2 ** 20, singleVersion: true };
    const reopen = async () => completeTarget<'batch' | 'media'>(await openOptical(options, host, 'write'));
    return { target: await reopen(), reopen, dispose: async () => place.cleanUp() };
  },
};
// Three hundred objects are three hundred discs.
test.each(conformance(setup).cases)('$name', ({ run }) => run(), 120_000);
test.each(layeredCases({ ...setup, manyObjects: 10 }))('$name', ({ run }) => run(), 60_000);
