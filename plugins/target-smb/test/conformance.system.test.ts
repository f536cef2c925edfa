import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { layeredCases } from '@sysimage/layered-kit';
import { conformance, type KitSetup } from '@sysimage/target-kit';
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

  const setup: KitSetup = {
    facets: smb.facets,
    open: async () => {
      const path = `place-${(places += 1)}/target`;
      const reopen = (): ReturnType<typeof openOn> => openOn(samba, { path });
      return { target: await reopen(), reopen, dispose: async () => {} };
    },
  };
  // A thousand objects, each durable, take their time on a busy machine.
  test.each(conformance(setup).cases)('$name', ({ run }) => run(), 120_000);
  // How it is signed makes no difference to what is around it.
  if (global === '') test.each(layeredCases({ ...setup, manyObjects: 20 }))('$name', ({ run }) => run());
});
