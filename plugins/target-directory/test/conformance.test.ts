import { join } from 'node:path';
import { test } from '@jest/globals';
import { completeTarget } from '@sysimage/core/plugin';
import { conformance } from '@sysimage/target-kit';
import { openDirectory } from '../src/index.js';
import { directory } from '../src/plugin.js';
import { host, temporaryFolder } from './fixture.js';

const { cases } = conformance({
  facets: directory.facets,
  open: async () => {
    const folder = temporaryFolder();
    const reopen = async () =>
      completeTarget<'random' | 'capacity'>(await openDirectory({ path: join(folder.path, 'target') }, host, 'write'));
    return { target: await reopen(), reopen, dispose: async () => folder.cleanUp() };
  },
});
test.each(cases)('$name', ({ run }) => run());
