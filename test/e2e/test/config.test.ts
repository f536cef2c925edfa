import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { at, runHere, ToyDisk } from '../src/index.js';

let folder: string;
let out: string;
let err: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobs-'));
  mkdirSync(join(folder, 'shelf'));
  mkdirSync(join(folder, 'work'));
  for (const [index, name] of ['one.img', 'two.img'].entries()) {
    const toy = new ToyDisk(6 * 1024 * 1024);
    toy.fill(300, 7 + index);
    writeFileSync(join(folder, name), toy.bytes);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command line with this configuration. */
async function sysimage(config: string, ...args: readonly string[]): Promise<number> {
  const path = join(folder, 'config.yaml');
  writeFileSync(path, config);
  const said = await runHere([...args, '--config', path]);
  ({ stdout: out, stderr: err } = said);
  return said.code;
}

const jobs = (): string => `targets:
  shelf: { plugin: dir, path: ${join(folder, 'shelf')} }
jobs:
  home: { disks: [one.img], to: shelf, computer: Home }
  work: { to: "dir:${join(folder, 'work')}" }
`;

test('a job is backed up and planned by its name', async () => {
  expect(await sysimage(jobs(), 'plan', 'home', '--json')).toBe(0);
  expect(at(JSON.parse(out), 'plan', 'computer')).toBe('Home');
  expect(await sysimage(jobs(), 'backup', 'home')).toBe(0);
  expect(await sysimage(jobs(), 'versions', '--from', 'shelf', '--json')).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    versions: [{ computer: 'Home', disks: [{ path: join(folder, 'one.img') }] }],
  });
});

test('options win over the job, and fill in what it leaves open', async () => {
  expect(await sysimage(jobs(), 'backup', 'home', '--disk', join(folder, 'two.img'), '-c', 'Other')).toBe(0);
  expect(await sysimage(jobs(), 'versions', '--from', 'shelf', '--json')).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    versions: [{ computer: 'Other', disks: [{ path: join(folder, 'two.img') }] }],
  });
  expect(await sysimage(jobs(), 'plan', 'work', '--disk', join(folder, 'two.img'))).toBe(0);
});

test('the environment wins over the job, as options do', async () => {
  process.env['SYSIMAGE_COMPUTER'] = 'Elsewhere';
  try {
    expect(await sysimage(jobs(), 'plan', 'home', '--json')).toBe(0);
    expect(at(JSON.parse(out), 'plan', 'computer')).toBe('Elsewhere');
  } finally {
    delete process.env['SYSIMAGE_COMPUTER'];
  }
});

test.each([
  [['backup', 'hom'], /there is no job "hom"; did you mean "home"\?\n {2}The jobs are: home, work/u],
  [['backup', '--disk', 'x'], /where to back up to is not given\n.*--to.*shelf.*home, work/u],
  [['plan', 'home', '--to', 'shelv'], /no target "shelv" in the configuration; did you mean "shelf"\?/u],
  [['backup', 'home', 'work'], /too many arguments/u],
])('%j is refused with a word on what there is', async (args, words) => {
  expect(await sysimage(jobs(), ...args)).toBe(2);
  expect(err).toMatch(words);
  expect(readdirSync(folder).toSorted()).toEqual(['config.yaml', 'one.img', 'shelf', 'two.img', 'work']);
  expect(readdirSync(join(folder, 'shelf'))).toEqual([]);
});

test('config check opens nothing, and tells what is wrong by line and column', async () => {
  expect(await sysimage(jobs(), 'config', 'check')).toBe(0);
  expect(out).toMatch(/config\.yaml is right: 1 target, 2 jobs, 0 plugins, 0 notifications\.\n$/u);
  const wrong = `targets:
  nas: { plugin: smb, host: nas, share: backup, user: anna, pasword: secret-one }
  bucket: { plugin: s3, bucket: b2 , secretAccessKey: secret-two }
jobs:
  home: { to: nax }
`;
  expect(await sysimage(wrong, 'config', 'check')).toBe(2);
  expect(out.split('\n').map((line) => line.slice(folder.length + 1))).toEqual([
    'config.yaml:2:61: targets.nas.pasword: The option "pasword" is not known; did you mean "password"?',
    'config.yaml:3:3: targets.bucket: The option "accessKeyId" must be there together with secretAccessKey',
    'config.yaml:5:11: jobs.home.to: "nax" is no target of this file; did you mean "nas"?',
    '',
  ]);
  expect(await sysimage(wrong, 'config', 'check', '--json')).toBe(2);
  expect(JSON.parse(out)).toMatchObject({ right: false, notes: [{ kind: 'problem', line: 2, column: 61 }, {}, {}] });
  expect(out).not.toContain('secret-');
  expect(await sysimage('plugins: 3\nx: 1\n', 'config', 'check')).toBe(2);
  expect(err).toMatch(/2 things .*:\n {2}.*config\.yaml:1:10: plugins: .*\n {2}.*config\.yaml:2:1: x: /u);
});

test('config check without a configuration', async () => {
  const home = process.env['XDG_CONFIG_HOME'];
  process.env['XDG_CONFIG_HOME'] = folder;
  try {
    const { code, stderr } = await runHere(['config', 'check']);
    expect(code).toBe(10);
    expect(stderr).toContain(join(folder, 'sysimage', 'config.yaml'));
  } finally {
    if (home === undefined) delete process.env['XDG_CONFIG_HOME'];
    else process.env['XDG_CONFIG_HOME'] = home;
  }
});

test('config schema knows kinds of targets from outside', async () => {
  const schema = { type: 'object', properties: { folder: { type: 'string' } }, required: ['folder'] };
  writeFileSync(
    join(folder, 'box.mjs'),
    `export const plugin = {
  meta: { name: 'box', version: '1.0.0', api: 1 },
  targets: [{ kind: 'box', description: 'A box', facets: [], jsonSchema: async () => (${JSON.stringify(schema)}) }],
};`,
  );
  expect(await sysimage('plugins: [./box.mjs]\n', 'config', 'schema')).toBe(0);
  const kinds = at(JSON.parse(out), 'properties', 'targets', 'additionalProperties', 'oneOf');
  expect(kinds).toContainEqual(expect.objectContaining({ required: ['plugin', 'folder'], title: 'A box' }));
});
