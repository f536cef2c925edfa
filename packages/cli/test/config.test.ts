import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseConfig, readConfig } from '../src/config/read-config.js';
import { resolveReferences } from '../src/config/resolve-references.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('YAML and JSON say the same', () => {
  const wanted = { plugins: ['./p.mjs'], targets: { nas: { plugin: 'smb', host: 'nas' } } };
  expect(parseConfig('plugins: [./p.mjs]\ntargets:\n  nas: { plugin: smb, host: nas }\n', 'c')).toEqual(wanted);
  expect(parseConfig(JSON.stringify(wanted), 'c')).toEqual(wanted);
  expect(parseConfig('', 'c')).toEqual({ plugins: [], targets: {} });
});

test.each([
  ['targets: [\n', /^c:2:1: /u],
  ['targets:\n  a: {plugin: dir}\nplugin: x\n', /Unrecognized key: "plugin"/u],
  ['targets:\n  a:\n    path: /x\n', /^c:3:5: [\s\S]*targets\.a\.plugin/u],
  ['targets: 3\n', /^c:1:10: /u],
  ['plugins: [{}]\n', /^c:1:/u],
  ['targets:\n  "dir:x": {plugin: dir}\n', /letters, digits/u],
])('%j is refused where it is wrong', (text, message) => {
  expect(() => parseConfig(text, 'c')).toThrow(
    expect.objectContaining({ code: 'invalid', message: expect.stringMatching(message) as unknown }),
  );
});

test('the named file, the variable, then the fixed places; never the working directory', async () => {
  const home = join(folder, 'home');
  mkdirSync(join(home, 'sysimage'), { recursive: true });
  writeFileSync(join(home, 'sysimage', 'config.yaml'), 'targets: { home: { plugin: dir } }\n');
  writeFileSync(join(folder, 'named.yaml'), 'targets: { named: { plugin: dir } }\n');
  writeFileSync(join(folder, 'config.yaml'), 'targets: { evil: { plugin: dir } }\n');
  const before = process.cwd();
  process.chdir(folder);
  try {
    const environment = { XDG_CONFIG_HOME: home };
    const names = async (named: string | undefined, more: Record<string, string> = {}): Promise<string[]> =>
      Object.keys((await readConfig(named, { ...environment, ...more })).config.targets);
    expect(await names(undefined)).toEqual(['home']);
    expect(await names(join(folder, 'named.yaml'))).toEqual(['named']);
    expect(await names(undefined, { SYSIMAGE_CONFIG: join(folder, 'named.yaml') })).toEqual(['named']);
    expect(await names(undefined, { XDG_CONFIG_HOME: folder })).toEqual([]);
    await expect(names('missing.yaml')).rejects.toMatchObject({ code: 'not-found' });
  } finally {
    process.chdir(before);
  }
});

test('references to the environment and to files are replaced, deep inside; what is missing is named, never a value', async () => {
  writeFileSync(join(folder, 'secret'), 'from file\n');
  const config = join(folder, 'config.yaml');
  const options = {
    user: 'u',
    password: { env: 'PASS' },
    deep: [{ key: { file: 'secret' } }],
    plain: { env: 'a', b: 1 },
  };
  expect(await resolveReferences(options, config, { PASS: 'from environment' })).toEqual({
    user: 'u',
    password: 'from environment',
    deep: [{ key: 'from file' }],
    plain: { env: 'a', b: 1 },
  });
  await expect(resolveReferences({ x: { env: 'NONE' } }, config, {})).rejects.toMatchObject({ code: 'credentials' });
  await expect(resolveReferences({ x: { file: 'none' } }, config, {})).rejects.toMatchObject({ code: 'credentials' });
});
