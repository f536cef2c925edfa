import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Script } from 'node:vm';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const programs = join(import.meta.dirname, '../../bin');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sysimage-bundle-'));
  cpSync(programs, join(folder, 'bin'), { recursive: true });
  put('package.json', '{ "type": "module" }', 1);
  put('dist/src/index.js', `export ${saying('modules')}`, 1);
});

afterEach(() => rmSync(folder, { recursive: true }));

function saying(words: string): string {
  return `async function main() { console.log('${words}'); return 0; }`;
}

/** As the build makes it: a script. */
function bundleOf(text: string): string {
  return `(function (module, exports, require, hostMeta) {${text}; exports.main = main; })`;
}

/** `at`: seconds of the file's clock. */
function put(name: string, text: string, at: number): void {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  utimesSync(path, at, at);
}

function run(): string {
  return execFileSync(process.execPath, [join(folder, 'bin/sysimage.js')], { encoding: 'utf8' }).trim();
}

test('without a bundle the modules run', () => {
  expect(run()).toBe('modules');
});

test('an installed package has a bundle, and no list of what went into it', () => {
  put('dist/bundle/main.js', bundleOf(saying('bundle')), 1);
  put('dist/src/index.js', `export ${saying('modules')}`, 9);
  expect(run()).toBe('bundle');
});

test('a module that was compiled since is not kept out by the bundle', () => {
  put('dist/bundle/main.js', bundleOf(saying('bundle')), 5);
  put('dist/bundle/inputs.json', '["../src/index.js", "../src/other.js"]', 5);
  put('dist/src/other.js', '', 4);
  expect(run()).toBe('bundle');
  put('dist/src/other.js', '', 6);
  expect(run()).toBe('modules');
});

test('what is imported when the bundle runs is found where the package is installed', () => {
  put(
    'node_modules/own/package.json',
    '{ "type": "module", "exports": { ".": "./own.js", "./package.json": "./package.json" } }',
    1,
  );
  put('node_modules/own/own.js', `export const own = 'its own';`, 1);
  const text = `const main = async () => {
    const { own } = await hostMeta.import('own');
    console.log(own, require('node:path').relative(${JSON.stringify(folder)}, require('node:url').fileURLToPath(hostMeta.resolve('own/package.json'))));
    return 0;
  }`;
  put('dist/bundle/main.js', bundleOf(text), 1);
  expect(run()).toBe('its own node_modules/own/package.json');
});

test('what V8 compiled is kept, and believed as long as it belongs to the bundle', async () => {
  put('dist/bundle/main.js', bundleOf(saying('bundle')), 1);
  const { compileBundle, keepCompiled } = await loader(folder);
  expect(compileBundle().cachedDataRejected).toBeUndefined();
  keepCompiled(compileBundle());
  expect(compileBundle().cachedDataRejected).toBe(false);
  expect(run()).toBe('bundle');
  // As long as before: all that V8 itself looks at.
  put('dist/bundle/main.js', bundleOf(saying('BUNDLE')), 1);
  expect(compileBundle().cachedDataRejected).toBeUndefined();
  expect(run()).toBe('BUNDLE');
});

test.each([0, 31, 32, 40, 200, -1])('a bit that fell over at %s in what V8 compiled does no harm', async (at) => {
  put('dist/bundle/main.js', bundleOf(saying('bundle')), 1);
  const { compileBundle, keepCompiled } = await loader(folder);
  keepCompiled(compileBundle());
  const path = join(folder, 'dist/bundle/main.compiled');
  const kept = readFileSync(path);
  const place = at < 0 ? kept.length + at : at;
  kept.writeUInt8(kept.readUInt8(place) ^ 1, place);
  writeFileSync(path, kept);
  expect(compileBundle().cachedDataRejected).toBeUndefined();
  expect(run()).toBe('bundle');
});

test('nor what somebody cut', () => {
  put('dist/bundle/main.js', bundleOf(saying('bundle')), 1);
  put('dist/bundle/main.compiled', '', 1);
  expect(run()).toBe('bundle');
});

test('the build has compiled the command', () => {
  expect(existsSync(join(programs, '../dist/bundle/main.compiled'))).toBe(true);
});

interface Loader {
  readonly compileBundle: () => Script;
  readonly keepCompiled: (script: Script) => void;
}

async function loader(of: string): Promise<Loader> {
  const loaded: Loader = await import(join(of, 'bin/load-bundle.js'));
  return loaded;
}
