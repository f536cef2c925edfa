import { readFile, writeFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { makeScratch } from '@sysimage/fixtures';
import byDefault, { plugin } from '../src/index.js';
import { optionsFromUrl, smbOptions } from '../src/options.js';
import { isThisMachine } from '../src/this-machine.js';

const least = { host: 'nas', share: 'backup', user: 'anna' };
const variable = 'SYSIMAGE_SMB_PASSWORD';
afterEach(() => {
  Reflect.deleteProperty(process.env, variable);
});

const failing = (input: unknown): unknown => {
  try {
    return smbOptions.parse(input);
  } catch (error) {
    return error;
  }
};

test('fills in what is not said', () => {
  expect(smbOptions.parse(least)).toEqual({ ...least, port: 445, path: '', domain: '', versions: 'single' });
  const all = { host: '::1', port: 1445, share: 'b $', path: '/a//b/', user: 'u', domain: 'D', versions: 'keep' };
  expect(smbOptions.parse(all)).toEqual({ ...all, path: 'a/b' });
});

test.each([
  ['host', { host: '' }],
  ['host', { host: 'a b' }],
  ['host', { host: 'a/b' }],
  ['port', { port: 0 }],
  ['port', { port: '445' }],
  ['port', { port: 65_536 }],
  ['share', { share: '' }],
  ['share', { share: 'a\\b' }],
  ['path', { path: 'a/../b' }],
  ['path', { path: '..' }],
  ['path', { path: 'a\\b' }],
  ['path', { path: 'a\0b' }],
  ['path', { path: 7 }],
  ['user', { user: '' }],
  ['user', { user: undefined }],
  ['domain', { domain: 7 }],
  ['versions', { versions: 'all' }],
  ['password', { password: '' }],
  ['password', { password: 7 }],
  ['password', { password: { env: 'SYSIMAGE_NO_SUCH_VARIABLE' } }],
  ['password', { password: { file: '/no/such/file' } }],
  ['password', { password: { env: 'A', file: 'b' } }],
  ['quota', { quota: 1 }],
])('refuses a wrong %s: %j', (field, change) => {
  expect(failing({ ...least, ...change })).toMatchObject({ code: 'invalid', context: { field } });
});

test('refuses what is no object', () => {
  for (const input of [undefined, null, 'smb://a', ['a']]) expect(failing(input)).toMatchObject({ code: 'invalid' });
});

test('takes the password from a text, a variable or a file, and hides it', async () => {
  expect(smbOptions.parse(least).password).toBeUndefined();
  process.env[variable] = 'from the environment';
  expect(smbOptions.parse(least).password?.reveal()).toBe('from the environment');
  expect(smbOptions.parse({ ...least, password: { env: variable } }).password?.reveal()).toBe('from the environment');
  await using scratch = await makeScratch();
  await writeFile(scratch.at('password'), 'from a file\n');
  expect(smbOptions.parse({ ...least, password: { file: scratch.at('password') } }).password?.reveal()).toBe(
    'from a file',
  );
  const options = smbOptions.parse({ ...least, password: 'geheim' });
  expect(options.password?.reveal()).toBe('geheim');
  for (const shown of [JSON.stringify(options), inspect(options, { depth: 9, showHidden: true })]) {
    expect(shown).not.toContain('geheim');
  }
});

test.each([
  ['smb://anna@nas/backup', { host: 'nas', share: 'backup', path: '', user: 'anna' }],
  ['smb://D;anna@nas:1445/b/c/d', { host: 'nas', port: 1445, share: 'b', path: 'c/d', user: 'anna', domain: 'D' }],
  ['smb://a%40b@[fe80::1]/s%20t/%C3%BC/', { host: 'fe80::1', share: 's t', path: 'ü', user: 'a@b' }],
  ['smb://a@nas/s?versions=keep', { host: 'nas', share: 's', path: '', user: 'a', versions: 'keep' }],
])('the URL %s', (url, options) => {
  expect(optionsFromUrl(url)).toEqual(options);
  smbOptions.parse(optionsFromUrl(url));
});

test.each([
  ['smb://anna:geheim@nas/backup', 'password'],
  ['smb://anna:@nas/backup', 'password'],
  ['smb://D;anna:geheim@nas/backup', 'password'],
  ['smb://anna@nas/backup?password=geheim', 'password'],
  ['smb://nas/backup', 'user'],
  ['smb://@nas/backup', 'user'],
  ['smb://anna@/backup', 'host'],
  ['smb://anna@nas:x/backup', 'host'],
  ['smb://anna@nas/%zz', 'share'],
  ['smb://anna@nas/backup?quota=1', 'quota'],
  ['smb://anna:geheim@nas@x/backup', 'password'],
  ['smb://anna@nas/backup#x', 'url'],
  ['smb:anna:geheim@nas', 'url'],
  ['dir:/mnt', 'url'],
])('refuses the URL %s because of its %s, and does not repeat it', (url, field) => {
  let error: unknown;
  try {
    optionsFromUrl(url);
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({ code: 'invalid', context: { field } });
  expect(inspect(error)).not.toContain('geheim');
});

test('a share is missing only when the options are checked', () => {
  expect(failing(optionsFromUrl('smb://anna@nas'))).toMatchObject({ code: 'invalid', context: { field: 'share' } });
});

test('knows which addresses are its own', () => {
  for (const [localAddress, remoteAddress] of [
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.2'],
    ['::1', '::1'],
    ['::ffff:10.0.0.5', '10.0.0.5'],
    ['fe80::1%eth0', 'fe80::1'],
  ] as const) {
    expect(isThisMachine({ localAddress, remoteAddress })).toBe(true);
  }
  expect(isThisMachine({ localAddress: '203.0.113.98', remoteAddress: '203.0.113.99' })).toBe(false);
});

test('package.json says the same as the code', async () => {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(manifest).toMatchObject({
    name: plugin.meta.name,
    version: plugin.meta.version,
    sysimage: {
      plugin: {
        api: plugin.meta.api,
        targets: plugin.targets?.map(({ kind, description, facets }) => ({ kind, description, facets })),
      },
    },
  });
  expect(byDefault).toBe(plugin);
});
