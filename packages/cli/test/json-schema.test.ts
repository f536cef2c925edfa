import { beforeAll, describe, expect, test } from '@jest/globals';
import { createRegistry, SysimageError, type Host, type Registry } from '@sysimage/core';
import { createHasher } from '@sysimage/node-services';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { checkConfig } from '../src/config/check-config.js';
import { configJsonSchema } from '../src/config/json-schema.js';
import { loadConfig } from '../src/config/load-config.js';
import { ownPlugins } from '../src/plugins/own-plugins.js';

const host: Host = {
  now: () => new Date('2026-01-01T00:00:00.000Z'),
  log: () => undefined,
  random: (length) => new Uint8Array(length),
  disksBelow: () => Promise.resolve({ known: false, why: 'test' }),
  requestMedium: () => Promise.reject(new SysimageError('media-required', 'test')),
};
let registry: Registry;
let validate: ValidateFunction;

beforeAll(async () => {
  registry = createRegistry(await ownPlugins(), host, createHasher());
  const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
  addFormats.default(ajv);
  // It must be a schema itself, with no word that is unknown.
  validate = ajv.compile(await configJsonSchema(registry.kinds));
});

/** What the program itself says. */
async function isRight(value: unknown): Promise<boolean> {
  try {
    const loaded = loadConfig(JSON.stringify(value), '/c');
    const environment = { KEY: 'some-key', URL: 'https://hooks.example.org/x' };
    const notes = await checkConfig({ loaded, registry, now: host.now(), environment });
    return notes.every(({ kind }) => kind !== 'problem');
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid' });
    return false;
  }
}

const smb = { plugin: 'smb', host: 'nas', share: 'backup', user: 'anna' };
const s3 = { plugin: 's3', bucket: 'bucket' };
const suppression = { policy: 'target/single-version', reason: 'r', expires: '2027-01-31' };

const hook = { run: ['sync'], mode: 'optional', timeout: '1m', environment: ['PGPASSFILE'] };
const mail = { server: 'mail.example.org', from: 'a@example.org', to: ['b@example.org'] };

describe('the JSON Schema and the program are of one mind', () => {
  test.each<[unknown]>([
    [{}],
    [{ plugins: [], targets: {}, jobs: {}, policies: {} }],
    [{ targets: { a: { plugin: 'dir', path: '/x' }, b: { plugin: 'ntfs', path: '/y', singleVersion: true } } }],
    [{ targets: { a: { ...smb, password: { env: 'KEY' }, versions: 'keep' } } }],
    [{ targets: { a: { ...smb, password: 'p', port: 446 } } }],
    [{ targets: { a: { ...s3, endpoint: 'https://host', accessKeyId: 'i', secretAccessKey: { env: 'KEY' } } } }],
    [{ targets: { a: { plugin: 'optical', folder: '/d', capacity: '24MiB' } } }],
    [{ targets: { a: { plugin: 'optical', folder: '/d', capacity: 1e9 } }, jobs: { j: { to: 'a' } } }],
    [{ jobs: { j: { disks: ['/dev/sda'], to: 'dir:/x', include: ['1'], lockWait: '10m', gaps: true } } }],
    [{ jobs: { j: { all: true, checkImages: false, allowLive: true, computer: 'desk', exclude: ['2'] } } }],
    [{ policies: { options: { 'target/size': { times: 2 } } } }],
    [{ policies: { profile: 'strict', severities: { 'target/free-space': 'block' }, suppress: [suppression] } }],
    [{ policies: { suppress: [{ ...suppression, subject: 'target' }] } }],
    [{ targets: { a: { ...smb, retry: { tries: 20, pause: '1s', longestPause: '1m' }, limit: {} } } }],
    [{ targets: { a: { ...s3, retry: {}, limit: { upload: '500KiB', download: '1.5MB', windows: [] } } } }],
    [{ targets: { a: { ...s3, limit: { windows: [{ from: '22:00', to: '06:00' }] } } } }],
    [{ targets: { a: { ...s3, limit: { windows: [{ from: '00:00', to: '24:00', days: ['mon'], upload: '1GB' }] } } } }],
    [{ jobs: { j: { maxAge: '7d', hooks: { before: [hook], after: [{ ...hook, when: 'failure' }] } } } }],
    [{ hooks: { before: [{ ...hook, commands: ['backup', 'verify'] }], after: [] }, log: { file: 'l', size: '1MiB' } }],
    [{ notifications: { a: { mail }, b: { webhook: { url: { env: 'URL' } } }, c: { run: ['x'], on: ['success'] } } }],
    [{ notifications: { a: { mail: { ...mail, user: 'u', password: { env: 'KEY' } }, retry: { tries: 1 } } } }],
  ])('%j is right', async (value) => {
    expect(validate(value)).toBe(true);
    expect(await isRight(value)).toBe(true);
  });

  test.each<[unknown]>([
    [{ plugin: [] }],
    [{ plugins: [''] }],
    [{ targets: { a: {} } }],
    [{ targets: { a: { plugin: 'tape' } } }],
    [{ targets: { a: { plugin: 'dir' } } }],
    [{ targets: { a: { plugin: 'dir', path: '/x', paht: '/y' } } }],
    [{ targets: { 'a:b': { plugin: 'dir', path: '/x' } } }],
    [{ targets: { a: { ...smb, versions: 'all' } } }],
    [{ targets: { a: { ...smb, port: '445' } } }],
    [{ targets: { a: { ...s3, accessKeyId: 'i' } } }],
    [{ targets: { a: { plugin: 'optical', folder: '/d', capacity: 'large' } } }],
    [{ jobs: { j: { disks: [] } } }],
    [{ jobs: { j: { disks: ['a'], all: true } } }],
    [{ jobs: { j: { lockWait: 'soon' } } }],
    [{ jobs: { j: { takeOver: true } } }],
    [{ jobs: { 'a b': {} } }],
    [{ policies: { profile: 'lax' } }],
    [{ policies: { severities: { 'target/free-space': 'fatal' } } }],
    [{ policies: { options: { 'target/size': 2 } } }],
    [{ policies: { suppress: [{ ...suppression, expires: '2027-02-30' }] } }],
    [{ policies: { suppress: [{ ...suppression, reason: '' }] } }],
    [{ policies: { suppress: [{ policy: 'a/b', reason: 'r' }] } }],
    [{ targets: { a: { ...smb, retry: { tries: 0 } } } }],
    [{ targets: { a: { ...smb, retry: { tries: 1.5 } } } }],
    [{ targets: { a: { ...smb, retry: { pause: 'soon' } } } }],
    [{ targets: { a: { ...smb, retry: { times: 3 } } } }],
    [{ targets: { a: { ...smb, limit: '10MiB' } } }],
    [{ targets: { a: { ...smb, limit: { upload: '999' } } } }],
    [{ targets: { a: { ...smb, limit: { upload: '0KB' } } } }],
    [{ targets: { a: { ...smb, limit: { windows: [{ from: '8:00', to: '18:00' }] } } } }],
    [{ targets: { a: { ...smb, limit: { windows: [{ from: '08:00', to: '24:30' }] } } } }],
    [{ targets: { a: { ...smb, limit: { windows: [{ from: '08:00' }] } } } }],
    [{ targets: { a: { ...smb, limit: { windows: [{ from: '08:00', to: '18:00', days: ['monday'] }] } } } }],
    [{ hooks: { before: [{ run: 'sync' }] } }],
    [{ hooks: { before: [{ run: ['sync'], when: 'always' }] } }],
    [{ hooks: { after: [{ run: ['sync'], commands: [] }] } }],
    [{ jobs: { j: { hooks: { before: [{ ...hook, commands: ['backup'] }] } } } }],
    [{ jobs: { j: { maxAge: 'old' } } }],
    [{ notifications: { a: {} } }],
    [{ notifications: { a: { mail, run: ['x'] } } }],
    [{ notifications: { a: { mail: { ...mail, security: 'ssl' } } } }],
    [{ notifications: { a: { webhook: { url: { env: 'URL', file: 'x' } } } } }],
    [{ log: {} }],
  ])('%j is wrong', async (value) => {
    expect(validate(value)).toBe(false);
    expect(await isRight(value)).toBe(false);
  });
});

test('every kind of target has its own branch, with the words of its plugin', async () => {
  const schema = await configJsonSchema(registry.kinds);
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    properties: {
      targets: {
        additionalProperties: {
          oneOf: registry.kinds.map(({ kind }) =>
            expect.objectContaining({ properties: expect.objectContaining({ plugin: { const: kind } }) as unknown }),
          ),
        },
      },
    },
  });
});

test('references inside the schema of a plugin stay inside it', async () => {
  const own = {
    $schema: 'x',
    type: 'object',
    $defs: { level: { enum: ['low', 'high'] } },
    properties: {
      level: { $ref: '#/$defs/level' },
      deep: { type: 'object', properties: { name: { type: 'string' } } },
    },
    additionalProperties: false,
  };
  const [first] = registry.kinds;
  if (first === undefined) throw new Error('no kind');
  const ajv = new Ajv2020({ strictTypes: false });
  addFormats.default(ajv);
  const check = ajv.compile(
    await configJsonSchema([{ ...first, kind: 'own', jsonSchema: () => Promise.resolve(own) }]),
  );
  const target = (options: object): object => ({ targets: { a: { plugin: 'own', ...options } } });
  expect(check(target({ level: 'low' }))).toBe(true);
  expect(check(target({ level: 'middle' }))).toBe(false);
  expect(check(target({ deep: { name: { env: 'X' } } }))).toBe(true);
  expect(check(target({ deep: { name: 3 } }))).toBe(false);
});
