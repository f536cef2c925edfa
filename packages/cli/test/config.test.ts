import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadConfig } from '../src/config/load-config.js';
import { readConfig } from '../src/config/read-config.js';
import { resolveReferences } from '../src/config/resolve-references.js';
import { anyLetter } from './any-letter.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const parseConfig = (text: string): unknown => loadConfig(text, 'c').config;
const empty = {
  plugins: [],
  targets: {},
  jobs: {},
  notifications: {},
  policies: { profile: 'recommended', severities: {}, options: {}, suppress: [], verifyWithin: 35 },
};

test('YAML and JSON say the same', () => {
  const written = { plugins: ['./p.mjs'], targets: { nas: { plugin: 'smb', host: 'nas' } } };
  const wanted = { ...empty, ...written };
  expect(parseConfig('plugins: [./p.mjs]\ntargets:\n  nas: { plugin: smb, host: nas }\n')).toEqual(wanted);
  expect(parseConfig(JSON.stringify(written))).toEqual(wanted);
  expect(parseConfig('')).toEqual(empty);
});

const target = (text: string): string => `targets:\n  nas: { plugin: smb, ${text} }\n`;
const job = (text: string): string => `jobs:\n  home: { ${text} }\n`;

test.each([
  ['targets: [\n', /^c:2:1: /u],
  ['targets:\n  a: {plugin: dir}\nplugin: x\n', /^c:3:1: plugin: is not known here; did you mean "plugins"\?$/u],
  ['a: 1\n', /^c:1:1: a: is not known here; there are plugins, targets, jobs, policies, hooks, notifications, log$/u],
  ['targets:\n  a:\n    path: /x\n', /^c:3:5: targets\.a\.plugin: is missing$/u],
  ['targets: 3\n', /^c:1:10: targets: must be a list of names and values$/u],
  ['plugins: [{}]\n', /^c:1:11: plugins\[0\]: must be a text$/u],
  ['targets:\n  "dir:x": {plugin: dir}\n', /^c:2:3: .*letters, digits/u],
  ['jobs:\n  a:\n    disk: [x]\n', /^c:3:5: jobs\.a\.disk: .* did you mean "disks"\?$/u],
  [target('retry: { tries: 0 }'), /^c:2:39: targets\.nas\.retry\.tries: must be at least 1$/u],
  [target('retry: { tries: 2000 }'), /retry\.tries: must be at most 1000$/u],
  [target('retry: { tries: 1.5 }'), /retry\.tries: must be a whole number$/u],
  [target('retry: { tries: many }'), /retry\.tries: must be a number$/u],
  [target('retry: { trie: 3 }'), /retry\.trie: .* did you mean "tries"\?$/u],
  [target('limit: 10MiB'), /targets\.nas\.limit: must be a list of names and values$/u],
  [target('limit: { upload: 10 }'), /limit\.upload: must be a text$/u],
  [target('limit: { upload: "10" }'), /limit\.upload: must be like 500KiB or 10MiB, at least 1KB$/u],
  [target('limit: { windows: [{ from: "25:00", to: "06:00" }] }'), /windows\[0\]\.from: must be a time of the day/u],
  [target('limit: { windows: [{ from: "08:00", to: "18:00", days: [mo] }] }'), /days\[0\]: .*did you mean "mon"\?$/u],
  [job('disks: []'), /^c:2:18: jobs\.home\.disks: must not be empty$/u],
  [job('disks: [x], all: true'), /^c:2:23: jobs\.home\.all: all and disks exclude each other$/u],
  [job('lockWait: soon'), /^c:2:21: jobs\.home\.lockWait: must be like 30s, 10m or 1h$/u],
  [job('gaps: "yes"'), /^c:2:17: jobs\.home\.gaps: must be true or false$/u],
  [job('maxAge: old'), /^c:2:19: jobs\.home\.maxAge: must be like/u],
  [job('hooks: { before: [{ run: sync }] }'), /hooks\.before\[0\]\.run: must be a list$/u],
  [job('hooks: { before: [{ run: [] }] }'), /hooks\.before\[0\]\.run: must not be empty$/u],
  [job('hooks: { before: [{ run: [a], when: success }] }'), /^c:2:41: .*before\[0\]\.when: is not known here/u],
  [job('hooks: { after: [{ run: [a], when: succes }] }'), /after\[0\]\.when: .*did you mean "success"\?$/u],
  [job('hooks: { after: [{ run: [a], mode: vital }] }'), /mode: must be one of essential, optional$/u],
  ['hooks: { before: [{ run: [a], commands: [bakcup] }] }\n', /commands\[0\]: .*did you mean "backup"\?$/u],
  ['notifications:\n  a: { on: [failure] }\n', /^c:2:3: notifications\.a: must have one of mail, webhook and run$/u],
  ['notifications: { a: { run: [x], webhook: { url: x } } }\n', /must have one of/u],
  ['notifications: { a: { webhook: { url: 3 } } }\n', /url: must be a text, \{ env: NAME \} or \{ file: PATH \}$/u],
  ['notifications: { a: { webhook: { url: { env: A, file: B } } } }\n', /url: must be a text, \{ env/u],
  ['notifications: { a: { mail: { server: m, from: f } } }\n', /mail\.to: is missing$/u],
  ['log: { file: x, size: big }\n', /^c:1:23: log\.size: must be like 500KiB or 10MiB/u],
  ['policies: { profile: stict }\n', /policies\.profile: must be one of .*; did you mean "strict"\?$/u],
  ['policies: { severities: { a/b: wran } }\n', /severities\.a\/b: must be one of .*; did you mean "warn"\?$/u],
  ['policies: { suppress: [{ policy: a/b, reason: x }] }\n', /suppress\[0\]\.expires: is missing$/u],
  ['policies: { suppress: [{ policy: a, reason: x, expires: 2027-02-30 }] }\n', /must be a day, like/u],
  ['a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n', /as data/u],
])('%j is refused where it is wrong', (text, message) => {
  expect(() => parseConfig(text)).toThrow(
    expect.objectContaining({ code: 'invalid', message: expect.stringMatching(message) as unknown }),
  );
});

test('everything that is wrong is told at once, in the order of the text', () => {
  const text = 'jobs: { a: { todisk: x, to: 3 } }\ntarget: {}\npolicies:\n  profile: lax\n';
  expect(() => parseConfig(text)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /^4 things .*:\nc:1:14: jobs\.a\.todisk: .*\nc:1:29: jobs\.a\.to: .*\nc:2:1: target: .*"targets"\?\nc:4:12: policies\.profile: /u,
      ) as unknown,
    }),
  );
  expect(() => parseConfig('a: [\nb: }\n')).toThrow(/^\d things/u);
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

test('whatever stands in the file, it is read or refused with a place, and nothing else', () => {
  const key = fc.constantFrom(
    'plugins',
    'targets',
    'jobs',
    'policies',
    'suppress',
    'disks',
    'to',
    '__proto__',
    'a b',
    '1',
  );
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const data = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('any')), fc.dictionary(key, tie('any'))),
  })).any;
  const yaml = fc.array(
    fc.constantFrom('a', ':', ' ', '\n', '-', '[', ']', '{', '}', '&x', '*x', '!!map', '"', '#', '|', '?', '<<'),
  );
  const text = fc.oneof(
    fc.string({ unit: anyLetter }),
    data.map((value) => JSON.stringify(value)),
    yaml.map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (each) => {
      try {
        loadConfig(each, 'c');
      } catch (error) {
        expect(error).toMatchObject({
          code: 'invalid',
          message: expect.stringMatching(/^c:\d+:\d+: |^\d+ things|as data/u),
        });
      }
    }),
    { numRuns: 800 },
  );
});
