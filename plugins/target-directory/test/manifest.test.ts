import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import byDefault, { plugin } from '../src/index.js';

test('package.json says the same as the code', async () => {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(manifest).toMatchObject({
    name: plugin.meta.name,
    version: plugin.meta.version,
    sysimage: {
      plugin: {
        api: plugin.meta.api,
        targets: plugin.targets?.map(({ kind, facets, maybe }) => ({ kind, facets, maybe })),
      },
    },
  });
  expect(byDefault).toBe(plugin);
});
