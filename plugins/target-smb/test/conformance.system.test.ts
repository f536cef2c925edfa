import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { conformance } from '@sysimage/target-kit';
import { smb } from '../src/plugin.js';
import { openOn } from './fixture.js';
import { startSamba, type Samba } from '@sysimage/fixtures';

describe.each([
  ['as it comes', ''],
  ['signing = mandatory', 'server signing = mandatory'],
])('%s', (_, global) => {
  let samba: Samba;
  let places = 0;
  beforeAll(async () => {
    samba = await startSamba({ global });
  });
  afterAll(() => samba.stop());

  const { cases } = conformance({
    facets: smb.facets,
    open: async () => {
      const path = `place-${(places += 1)}/target`;
      const reopen = (): ReturnType<typeof openOn> => openOn(samba, { path });
      return { target: await reopen(), reopen, dispose: async () => {} };
    },
  });
  test.each(cases)('$name', ({ run }) => run());
});
