import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import byDefault, { plugin } from '../src/index.js';
import { sizeInWords } from '../src/words.js';

const policies = plugin.policies ?? [];

test('package.json says the same as the code', async () => {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(manifest).toMatchObject({
    name: plugin.meta.name,
    version: plugin.meta.version,
    sysimage: { plugin: { api: plugin.meta.api, policies: policies.map(({ meta }) => meta.id) } },
  });
  expect(byDefault).toBe(plugin);
});

test('every rule has a name in a room, a source, and a remedy for each message', () => {
  expect(policies).toHaveLength(41);
  expect(new Set(policies.map(({ meta }) => meta.id)).size).toBe(41);
  for (const { meta } of policies) {
    expect(meta.id).toMatch(/^(job|source|target)\/[a-z-]+$/u);
    expect(meta.source).not.toBe('');
    expect(Object.keys(meta.remedies ?? {})).toEqual(Object.keys(meta.messages));
  }
});

test('recommendations stay audible, and what is stopped stays stopped', () => {
  const severities = Object.fromEntries(policies.map(({ meta }) => [meta.id, [meta.severity, meta.floor]]));
  expect(severities).toEqual({
    'job/no-age-limit': ['info', undefined],
    'job/nobody-is-told': ['warn', undefined],
    'source/boot-partition-left-out': ['error', 'warn'],
    'source/duplicate-volume-id': ['warn', undefined],
    'source/dynamic-group': ['error', 'warn'],
    'source/encrypted-volume': ['warn', undefined],
    'source/failing-disk': ['warn', undefined],
    'source/incomplete-pool': ['error', 'warn'],
    'source/layout-changed': ['warn', undefined],
    'source/left-out-volume': ['info', undefined],
    'source/live-volume': ['block', 'block'],
    'source/mbr-limit': ['warn', undefined],
    'source/needed-volume-left-out': ['block', 'block'],
    'source/no-disk-id': ['warn', undefined],
    'source/other-system': ['info', undefined],
    'source/partition-table': ['warn', undefined],
    'source/stale-dynamic-disk': ['warn', undefined],
    'source/system-changed': ['warn', 'info'],
    'source/unknown-content': ['info', undefined],
    'source/volume-not-clean': ['warn', undefined],
    'target/compressed': ['warn', undefined],
    'target/dynamic-disk': ['warn', 'warn'],
    'target/file-size-limit': ['error', 'warn'],
    'target/file-system': ['off', undefined],
    'target/free-space': ['error', undefined],
    'target/in-memory': ['error', 'warn'],
    'target/interrupted-run': ['info', undefined],
    'target/many-versions': ['warn', undefined],
    'target/nearly-full': ['warn', undefined],
    'target/network-mount': ['warn', undefined],
    'target/no-recent-version': ['warn', undefined],
    'target/not-clean': ['warn', undefined],
    'target/renamed-computer': ['warn', undefined],
    'target/replaced-in-place': ['warn', undefined],
    'target/same-physical-disk': ['error', 'warn'],
    'target/single-version': ['warn', 'warn'],
    'target/size': ['warn', undefined],
    'target/system-volume': ['warn', undefined],
    'target/verify-overdue': ['warn', undefined],
    'target/version-in-future': ['error', 'warn'],
    'target/whole-versions': ['info', undefined],
  });
});

test('sizes are in words', () => {
  expect([0, 1023, 1024, 1536, 3 * 2 ** 40].map(sizeInWords)).toEqual([
    '0 bytes',
    '1023 bytes',
    '1.0 KiB',
    '1.5 KiB',
    '3.0 TiB',
  ]);
});
