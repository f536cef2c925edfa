import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { installThirdParty } from '../src/index.js';

let folder: string;
let plugin: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'third-party-'));
  plugin = await installThirdParty(folder);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a target from outside, made of published packages alone, passes the kit', () => {
  const words = execFileSync(process.execPath, [join(plugin, 'conformance.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: folder },
  });
  expect(words).toMatch(/^(\d+) of \1 cases passed/mu);
}, 120_000);
