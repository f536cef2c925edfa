import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { completeTarget } from '../../src/contract/capabilities.js';
import type { AnyTargetPlugin, Host } from '../../src/contract/plugin.js';
import { objectName } from '../../src/contract/names.js';
import type { Target } from '../../src/contract/target.js';
import { readProbe, withoutWithheld, writeProbe } from '../../src/flow/probe.js';
import { createRegistry, type Registry } from '../../src/flow/target-registry.js';
import { encodeStamped } from '../../src/image/stamped-json.js';
import type { ProbeRecord } from '../../src/model/probe-record.js';
import { hasher } from '../hasher.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget } from '../memory-target.js';

const record: ProbeRecord = {
  format: 'sysimage-probe/1',
  identity: 'memory:test',
  kind: 'shelf',
  checkedAt: '2026-01-01T00:00:00.000Z',
  tool: 'test',
  declared: ['random'],
  probed: ['random'],
  withheld: [{ facet: 'random', why: 'it tears' }],
  passed: 10,
  failed: [{ case: 'random: something', why: 'it tears' }],
  skipped: [],
};
const name = 'sysimage-check/probe-shelf.json';

/** A registry with one kind, and what it logs. */
function registryOf(target: Target): { readonly registry: Registry; readonly logged: string[] } {
  const logged: string[] = [];
  const host: Host = {
    now: () => new Date(0),
    log: (event) => void logged.push(event),
    random: (length) => new Uint8Array(length),
    disksBelow: () => Promise.resolve({ known: false, why: 'test' }),
    requestMedium: () => Promise.resolve(),
  };
  const shelf: AnyTargetPlugin = {
    kind: 'shelf',
    description: 'test',
    facets: ['random'],
    jsonSchema: () => Promise.resolve({}),
    open: () => Promise.resolve(target),
  };
  const plugins = [{ meta: { name: 'test', version: '1.0.0', api: 1 as const }, targets: [shelf] }];
  return { registry: createRegistry(plugins, host, hasher), logged };
}

async function holding(bytes: Uint8Array): Promise<Target> {
  const file = new MemoryFile();
  await file.write(0, bytes);
  return memoryTarget(new Map([[name, file]]));
}

test('what a check found broken is not there when the place is opened again, and flags follow', async () => {
  const target = memoryTarget(new Map());
  const { registry, logged } = registryOf(target);
  expect((await registry.open('shelf:x', 'write')).capabilities).toMatchObject({
    randomWrite: true,
    shadowCopies: 'engine',
  });
  expect(await writeProbe(target, record, hasher)).toBe(name);
  expect(await readProbe(target, 'shelf', hasher)).toEqual(record);
  const effective = await registry.open('shelf:x', 'write');
  expect(effective.facets).toEqual({});
  expect(effective.capabilities).toMatchObject({ randomWrite: false, shadowCopies: 'none' });
  expect(await effective.stat(objectName(...name.split('/')))).toMatchObject({ name });
  const byName = await registry.openConfigured({ name: 'x', kind: 'shelf', options: {} }, 'read');
  expect(byName.capabilities.randomWrite).toBe(false);
  expect((await registry.open('shelf:x', 'write', 'declared')).capabilities.randomWrite).toBe(true);
  expect(logged).toEqual([]);
});

test('a record of another place, of another kind, or of nothing takes nothing away', async () => {
  const stamped = (value: object): Uint8Array => encodeStamped(value, hasher);
  for (const bytes of [
    stamped({ ...record, identity: 'another' }),
    stamped({ ...record, kind: 'another' }),
    stamped({ ...record, format: 'sysimage-probe/2' }),
    stamped({ ...record, withheld: 'random' }),
    new TextEncoder().encode(JSON.stringify(record)),
    new Uint8Array(0),
  ]) {
    const { registry } = registryOf(await holding(bytes));
    expect((await registry.open('shelf:x', 'read')).capabilities.randomWrite).toBe(true);
  }
});

test('a place that cannot tell is opened as it declares itself, and that is logged', async () => {
  const sound = memoryTarget(new Map());
  const failing: Target = { ...sound, stat: () => Promise.reject(new Error('no')) };
  const { registry, logged } = registryOf(failing);
  expect((await registry.open('shelf:x', 'read')).capabilities.randomWrite).toBe(true);
  expect(logged).toEqual(['probe.ignored']);
});

test('a medium that is written once has no record', async () => {
  const disc = memoryTarget(new Map(), { traits: { writeOnce: true } });
  expect(await writeProbe(disc, record, hasher)).toBeUndefined();
  expect(await readProbe(disc, 'shelf', hasher)).toBeUndefined();
});

test('that somebody must change pieces cannot be taken away', () => {
  const parts = { ...memoryTarget(new Map()), facets: { media: { locate: () => Promise.resolve([]) } } };
  const narrowed = withoutWithheld(parts, { withheld: [{ facet: 'media', why: 'no' }] });
  expect(completeTarget<never>(narrowed).capabilities.needsMedia).toBe(true);
});

test('no record gives anything, whatever stands in it, and no bytes throw', async () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.jsonValue().map((value) => encodeStamped({ ...record, withheld: [value] }, hasher)),
    fc
      .record({ facet: fc.string(), why: fc.string() })
      .map((one) => encodeStamped({ ...record, withheld: [one] }, hasher)),
  );
  await fc.assert(
    fc.asyncProperty(anything, async (bytes) => {
      const { facets } = await registryOf(await holding(bytes)).registry.open('shelf:x', 'read');
      expect(Object.keys(facets).filter((facet) => facet !== 'random')).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
