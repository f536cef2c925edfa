import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { configSchema } from '../src/config/config-schema.js';
import { loadConfig } from '../src/config/load-config.js';
import { ownPlugins } from '../src/plugins/own-plugins.js';

const documents = new URL('../../../../docs/', import.meta.url);
const page = (name: string): Promise<string> => readFile(new URL(name, documents), 'utf8');

test.each(['configuration.md', 'events.md', 'policies/README.md', 'guide.md'])(
  'the examples of %s are right',
  async (name) => {
    const examples = [...(await page(name)).matchAll(/^```yaml\n([^]*?)^```$/gmu)].map(([, text = '']) => text);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(() => loadConfig(example, name)).not.toThrow();
  },
);

/** Every key that has a name of its own, however deep. */
function keysOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties }: { properties?: unknown } = schema;
  const own = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  return [...own, ...Object.values(schema).flatMap(keysOf)];
}

test('every key has its place on the page', async () => {
  const text = await page('configuration.md');
  const kinds = (await ownPlugins()).flatMap(({ targets = [] }) => targets);
  const schemas = await Promise.all(kinds.map(({ jsonSchema }) => jsonSchema()));
  const keys = [z.toJSONSchema(configSchema, { io: 'input' }), ...schemas].flatMap(keysOf);
  expect(keys).toEqual(expect.arrayContaining(['plugins', 'lockWait', 'expires', 'secretAccessKey', 'capacity']));
  const missing = [...new Set(keys)].filter((key) => !text.includes(`\`${key}\``) && !['env', 'file'].includes(key));
  expect(missing).toEqual([]);
  for (const { kind } of kinds) expect(text).toContain(`\`${kind}\``);
});
