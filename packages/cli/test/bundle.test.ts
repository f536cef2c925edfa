import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const program = join(import.meta.dirname, '../../bin/sysimage.js');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sysimage-bundle-'));
  cpSync(program, join(folder, 'bin/sysimage.js'));
  put('package.json', '{ "type": "module" }', 1);
  put('dist/src/index.js', saying('modules'), 1);
});

afterEach(() => rmSync(folder, { recursive: true }));

function saying(words: string): string {
  return `export async function main() { console.log('${words}'); return 0; }`;
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
  put('dist/bundle/main.js', saying('bundle'), 1);
  put('dist/src/index.js', saying('modules'), 9);
  expect(run()).toBe('bundle');
});

test('a module that was compiled since is not kept out by the bundle', () => {
  put('dist/bundle/main.js', saying('bundle'), 5);
  put('dist/bundle/inputs.json', '["../src/index.js", "../src/other.js"]', 5);
  put('dist/src/other.js', '', 4);
  expect(run()).toBe('bundle');
  put('dist/src/other.js', '', 6);
  expect(run()).toBe('modules');
});
