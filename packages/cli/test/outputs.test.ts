import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const programs = join(import.meta.dirname, '../../bin');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sysimage-outputs-'));
  cpSync(programs, join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(folder, 'dist/src'), { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true }));

/** What a shell tells of the program in the place of `$0`, when its work is this. */
function told(work: string, line: string): { readonly code: number | null; readonly said: string } {
  writeFileSync(join(folder, 'dist/src/index.js'), `export async function main() { ${work} }`);
  const words = ['-c', line.replaceAll('$0', `'${process.execPath}' '${join(folder, 'bin/sysimage.js')}'`)];
  const { status, stdout, stderr } = spawnSync('bash', words, { encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
}

/** Says something time and again, and is done only then. */
const talk = (stream: string, done: string, exitCode: number): string => `
  for (let i = 0; i < 10; i += 1) {
    process.${stream}.write('word\\n'.repeat(100));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  (await import('node:fs')).writeFileSync('${done}', '');
  return ${exitCode};`;

test.each([
  ['a reader that goes', 'stdout', 0, 'set -o pipefail; $0 | head -c 1', 0, /^w$/u],
  ['one that goes, of a run that fails', 'stdout', 16, 'set -o pipefail; $0 | head -c 1', 16, /^w$/u],
  ['a full disk', 'stdout', 0, '$0 > /dev/full', 1, /^error: standard output cannot be written: ENOSPC\n$/u],
  ['a full disk, of a run that fails', 'stdout', 16, '$0 > /dev/full', 16, /ENOSPC/u],
  ['a closed output', 'stdout', 0, '$0 >&-', 0, /^$/u],
  ['a log that is full', 'stderr', 0, '$0 2> /dev/full', 0, /^$/u],
  ['a terminal that is gone', 'stderr', 0, '$0 2> >(exit)', 0, /^$/u],
])('%s does not end the work', (_, stream, exitCode, line, code, said) => {
  const done = join(folder, 'done');
  const { code: found, said: words } = told(talk(stream, done, exitCode), line);
  expect(words).toMatch(said);
  expect([found, existsSync(done)]).toEqual([code, true]);
});

test('what waits for something that never comes is a failure, and not what a check refused', () => {
  expect(told('await new Promise(() => {});', '$0')).toEqual({
    code: 1,
    said: expect.stringMatching(/^error: .* never came to an end.*\n$/u) as unknown,
  });
});
