import { mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeScratch, type Scratch } from '@sysimage/fixtures';
import fc from 'fast-check';
import { kernelModules, neededModules } from '../src/index.js';

let scratch: Scratch;
beforeEach(async () => {
  scratch = await makeScratch();
  mkdirSync(scratch.at('kernel/drivers'), { recursive: true });
  writeFileSync(scratch.at('modules.builtin'), 'kernel/fs/ext4/ext4.ko\nkernel/crypto/sha256-generic.ko\n');
  for (const [name, needed] of [
    ['dm-mod', ''],
    ['dm-crypt', 'dm-mod,sha256-generic'],
    ['lonely', undefined],
    ['broken', 'gone'],
  ] as const) {
    const text = needed === undefined ? 'ELF' : `ELF\0license=GPL\0depends=${needed}\0retpoline=Y\0`;
    writeFileSync(scratch.at('kernel/drivers', `${name}.ko`), text);
  }
});
afterEach(() => scratch.remove());

const ordered = async (...wanted: readonly string[]): Promise<readonly string[]> =>
  (await kernelModules(scratch.path, wanted)).map((path) => basename(path));

test('each module comes after what it needs, once, by either spelling', async () => {
  expect(await ordered('lonely', 'dm_crypt', 'dm-mod')).toEqual(['lonely.ko', 'dm-mod.ko', 'dm-crypt.ko']);
});

test('what is built in needs no file; what is nowhere is named', async () => {
  expect(await ordered('ext4', 'sha256_generic')).toEqual([]);
  await expect(ordered('dm-crypt', 'nothing')).rejects.toThrow('no module nothing');
  await expect(ordered('broken')).rejects.toThrow('no module gone');
});

test('whatever a module holds, a list comes out', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (before, after) => {
      const bytes = Buffer.concat([before, Buffer.from('\0depends='), after]);
      expect(neededModules(bytes).every((name) => typeof name === 'string')).toBe(true);
    }),
  );
});
