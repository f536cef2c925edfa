import { expect, test } from '@jest/globals';
import { SysimageError } from '../../src/contract/errors.js';
import { defineTarget, lazyTarget, pluginApi } from '../../src/contract/plugin.js';

let opened = 0;
const shelf = defineTarget({
  kind: 'shelf',
  description: 'A shelf',
  facets: [],
  options: {
    parse(input) {
      if (input === 'right') return input;
      throw new SysimageError('invalid', 'wrong', { context: { field: 'place' } });
    },
    jsonSchema: () => ({}),
  },
  fromUrl: (url) => url.slice('shelf:'.length),
  open: () => {
    opened += 1;
    throw new Error('not opened by a check');
  },
});
const lazy = lazyTarget({ kind: 'shelf', facets: [] }, () =>
  Promise.resolve({ meta: { name: 'shelf', version: '1.0.0', api: pluginApi }, targets: [shelf] }),
);

test.each([
  ['at once', shelf],
  ['when it is used', lazy],
])('a plugin that is loaded %s checks options and URLs, and opens nothing', async (_when, plugin) => {
  await plugin.check?.({ options: 'right' });
  await plugin.check?.({ url: 'shelf:right' });
  for (const place of [{ options: 'left' }, { url: 'shelf:left' }]) {
    await expect(plugin.check?.(place)).rejects.toMatchObject({ code: 'invalid', context: { field: 'place' } });
  }
  expect(opened).toBe(0);
});
