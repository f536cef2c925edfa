import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeBootHive, makeHive, makeSoftwareHive } from '@sysimage/fixtures';
import { openHive, textOf, type HiveKey } from '../src/index.js';

/* hivexml, which shares no code with us, reads what tests generate, and finds in it what we find. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hive-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Keys and values in the order of the hive, one line each; of texts also what they say. */
function linesOf(xml: string): readonly string[] {
  const attribute = (tag: string, name: string): string => new RegExp(` ${name}="([^"]*)"`, 'u').exec(tag)?.[1] ?? '';
  return [...xml.matchAll(/<(?:node|value) [^>]*>/gu)].map(([tag]) => {
    if (tag.startsWith('<node')) return `key ${attribute(tag, 'name')}`;
    const text = attribute(tag, 'type') === 'string' ? ` ${attribute(tag, 'value')}` : '';
    return `value ${attribute(tag, 'key')}${text}`;
  });
}

async function ourLines(key: HiveKey): Promise<readonly string[]> {
  const lines = [`key ${key.name}`];
  for (const value of await key.values())
    lines.push(`value ${value.name}${value.type === 1 ? ` ${await textOf(value)}` : ''}`);
  for (const child of await key.keys()) lines.push(...(await ourLines(child)));
  return lines;
}

test.each([
  ['software', makeSoftwareHive({ ProductName: 'Windows 10 Pro', CurrentBuildNumber: '19045' })],
  [
    'boot configuration',
    makeBootHive([
      {
        id: '{11111111-1482-11e2-90a1-00505698002c}',
        title: 'Windows 7',
        device: { scheme: 'mbr', signature: 7, start: 2 ** 20 },
      },
    ]),
  ],
  [
    'every list',
    makeHive({
      keys: Object.fromEntries(
        (['lf', 'lh', 'li', 'ri'] as const).map((list) => [
          list,
          {
            list,
            keys: {
              one: { values: { n: 1, long: new Uint8Array(20_000) } },
              two: {},
              three: { values: { t: 'text' } },
            },
          },
        ]),
      ),
    }),
  ],
])('%s', async (name, bytes) => {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  // It opens its own output by name, which the sockets of this process do not allow.
  const { status, stderr } = spawnSync('sh', ['-c', 'hivexml "$1" >"$1.xml"', 'sh', file], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { root } = await openHive(async (offset, length) => bytes.slice(offset, offset + length), bytes.length);
  const ours = await ourLines(root);
  expect(ours.length).toBeGreaterThan(4);
  expect(linesOf(readFileSync(`${file}.xml`, 'utf8'))).toEqual(ours);
});
