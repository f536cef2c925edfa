import { expect, test } from '@jest/globals';
import { SysimageError } from '../../src/contract/errors.js';
import {
  defineTarget,
  lazyTarget,
  type AnyTargetPlugin,
  type Host,
  type OpenPurpose,
  type Plugin,
} from '../../src/contract/plugin.js';
import { definePolicy } from '../../src/contract/policy.js';
import { createRegistry } from '../../src/flow/target-registry.js';
import { hasher } from '../hasher.js';
import { memoryTarget } from '../memory-target.js';

const host: Host = {
  now: () => new Date('2026-01-01T00:00:00.000Z'),
  log: () => undefined,
  random: (length) => new Uint8Array(length),
  disksBelow: () => Promise.resolve({ known: false, why: 'test' }),
  requestMedium: () => Promise.reject(new SysimageError('media-required', 'test')),
};
const whole = memoryTarget(new Map());

function kind(name: string, extra: Partial<AnyTargetPlugin> = {}): AnyTargetPlugin {
  return {
    kind: name,
    description: 'test',
    facets: ['random'],
    jsonSchema: () => Promise.resolve({}),
    open: () => Promise.resolve(whole),
    ...extra,
  };
}

function plugin(name: string, parts: Omit<Plugin, 'meta'>): Plugin {
  return { meta: { name, version: '1.0.0', api: 1 }, ...parts };
}

function policy(id: string): NonNullable<Plugin['policies']>[number] {
  return definePolicy<string>({
    meta: { id, description: 'test', severity: 'warn', messages: {}, source: 'test' },
    check: () => undefined,
  });
}

const registryOf = (...targets: readonly AnyTargetPlugin[]) =>
  createRegistry([plugin('test', { targets })], host, hasher);

test('kinds and rules of all plugins, in their order', () => {
  const registry = createRegistry(
    [
      plugin('one', { targets: [kind('a')], policies: [policy('x/1')] }),
      plugin('empty', {}),
      plugin('two', { targets: [kind('b')], policies: [policy('x/2')] }),
    ],
    host,
    hasher,
  );
  expect(registry.kinds.map((one) => one.kind)).toEqual(['a', 'b']);
  expect(registry.policies.map(({ meta }) => meta.id)).toEqual(['x/1', 'x/2']);
});

test('a kind or rule that two plugins claim, or one claims twice, stops the run', () => {
  const twice =
    (...plugins: readonly Plugin[]) =>
    () =>
      createRegistry(plugins, host, hasher);
  const named = (message: RegExp) =>
    expect.objectContaining({ code: 'invalid', message: expect.stringMatching(message) });
  expect(twice(plugin('one', { targets: [kind('a')] }), plugin('two', { targets: [kind('a')] }))).toThrow(
    named(/target "a" of plugin two/u),
  );
  expect(twice(plugin('one', { targets: [kind('a'), kind('a')] }))).toThrow(named(/target "a"/u));
  expect(twice(plugin('one', { policies: [policy('x/1')] }), plugin('two', { policies: [policy('x/1')] }))).toThrow(
    named(/policy x\/1 of plugin two/u),
  );
});

test('a plugin that speaks another interface stops the run, whatever it brings', () => {
  const future: Plugin = JSON.parse('{"meta": {"name": "future", "version": "9.0.0", "api": 2}}');
  expect(() => createRegistry([future], host, hasher)).toThrow(
    expect.objectContaining({ code: 'invalid', message: expect.stringContaining('future speaks interface 2') }),
  );
});

test('a URL is opened by the plugin of its kind, with what it made of it', async () => {
  const asked: unknown[] = [];
  const open =
    (name: string): AnyTargetPlugin['open'] =>
    async (place, given, purpose) => {
      asked.push([name, place, given === host, purpose]);
      return whole;
    };
  const registry = registryOf(kind('dir', { open: open('dir') }), kind('s3', { open: open('s3') }));
  for (const [url, purpose] of [
    ['s3://bucket/a:b', 'read'],
    ['dir:/mnt', 'write'],
  ] satisfies readonly (readonly [string, OpenPurpose])[]) {
    const target = await registry.open(url, purpose);
    expect(target.capabilities.randomWrite).toBe(true);
  }
  expect(asked).toEqual([
    ['s3', { url: 's3://bucket/a:b' }, true, 'read'],
    ['dir', { url: 'dir:/mnt' }, true, 'write'],
  ]);
});

test.each(['', 'nothing', '/mnt/backup', 'ftp://host', ':x', 'DIR:/x', 'dir', 'toString:', '__proto__:/x'])(
  '%j names no target, and the kinds there are are told',
  async (url) => {
    await expect(registryOf(kind('dir')).open(url, 'read')).rejects.toMatchObject({
      code: 'invalid',
      remedy: expect.stringContaining('dir:'),
    });
  },
);

test('a plugin that has not what it declared, or more, is faulty and named', async () => {
  const { random } = whole.facets;
  const capacity = { read: () => Promise.resolve({}) };
  const opened = (facets: object, declared: Partial<AnyTargetPlugin>) =>
    registryOf(kind('lying', { ...declared, open: () => Promise.resolve({ ...whole, facets }) })).open(
      'lying:',
      'read',
    );
  const faulty = (message: RegExp) => ({ code: 'internal', message: expect.stringMatching(message) });
  await expect(opened({}, {})).rejects.toMatchObject(faulty(/"lying" is faulty: missing random, undeclared nothing/u));
  await expect(opened({ random, capacity }, {})).rejects.toMatchObject(faulty(/missing nothing, undeclared capacity/u));
  await expect(opened({ capacity }, {})).rejects.toMatchObject(faulty(/missing random, undeclared capacity/u));
  await expect(opened({ random: undefined }, {})).rejects.toMatchObject(faulty(/missing random/u));
  await expect(opened({ random }, { facets: [] })).rejects.toMatchObject(faulty(/undeclared random/u));
  await expect(opened({ random, capacity }, { maybe: ['capacity'] })).resolves.toBeDefined();
  await expect(opened({ random, capacity: undefined }, { maybe: ['capacity'] })).resolves.toBeDefined();
  await expect(opened({ random }, {})).resolves.toBeDefined();
});

test('a target that is refused is closed again', async () => {
  let closed = 0;
  const close = async (): Promise<void> => void (closed += 1);
  const registry = registryOf(kind('lying', { open: () => Promise.resolve({ ...whole, facets: {}, close }) }));
  await expect(registry.open('lying:', 'read')).rejects.toMatchObject({ code: 'internal' });
  expect(closed).toBe(1);
});

test('what a plugin throws passes as it is', async () => {
  const cause = new SysimageError('credentials', 'wrong password');
  const refusing = kind('a', { open: () => Promise.reject(cause) });
  await expect(registryOf(refusing).open('a:', 'write')).rejects.toBe(cause);
});

test('a defined target parses its options before it opens, and keeps what it declared', async () => {
  const made = defineTarget<{ size: number }, 'random'>({
    kind: 'mem',
    description: 'test',
    facets: ['random'],
    options: {
      parse: (input) => {
        if (input !== 'mem:5') throw new SysimageError('invalid', 'size: not a number');
        return { size: 5 };
      },
      jsonSchema: () => ({ type: 'object' }),
    },
    fromUrl: (url) => url,
    open: async (options) => {
      expect(options).toEqual({ size: 5 });
      return { ...whole, facets: { random: whole.facets.random } };
    },
  });
  expect([made.kind, made.facets, made.maybe, await made.jsonSchema()]).toEqual([
    'mem',
    ['random'],
    undefined,
    { type: 'object' },
  ]);
  await expect(registryOf(made).open('mem:5', 'read')).resolves.toBeDefined();
  await expect(registryOf(made).open('mem:x', 'read')).rejects.toMatchObject({ code: 'invalid' });
});

test('a configured target is opened with its options; a kind that nobody brings is told', async () => {
  const asked: unknown[] = [];
  const registry = registryOf(
    kind('dir', {
      open: async (place) => {
        asked.push(place);
        return whole;
      },
    }),
  );
  await registry.openConfigured({ name: 'nas', kind: 'dir', options: { path: '/x' } }, 'write');
  expect(asked).toEqual([{ options: { path: '/x' } }]);
  await expect(registry.openConfigured({ name: 'nas', kind: 'tape', options: {} }, 'read')).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/"nas" is of the kind "tape"/u),
  });
});

test('a lazy target is loaded when it is opened, and must be what it announced', async () => {
  let loads = 0;
  const load = async (): Promise<Plugin> => {
    loads += 1;
    return plugin('late', { targets: [kind('late')] });
  };
  const registry = registryOf(lazyTarget({ kind: 'late', facets: ['random'] }, load));
  expect(loads).toBe(0);
  await registry.open('late:x', 'read');
  expect(loads).toBe(1);
  const liar = registryOf(lazyTarget({ kind: 'other', facets: [] }, load));
  await expect(liar.open('other:x', 'read')).rejects.toMatchObject({ code: 'invalid' });
});
