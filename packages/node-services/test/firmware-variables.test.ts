import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createMachine } from '../src/index.js';

const vendor = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
let sysRoot: string;
let folder: string;

beforeEach(() => {
  sysRoot = mkdtempSync(join(tmpdir(), 'firmware-'));
  folder = join(sysRoot, 'firmware/efi/efivars');
});
afterEach(() => rmSync(sysRoot, { recursive: true }));

const variables = async (): Promise<unknown> => createMachine({ sysRoot }).firmwareVariables?.();

test('what the firmware starts, without the attributes in front of it; and nothing else', async () => {
  mkdirSync(join(folder, `Boot0007-${vendor}`), { recursive: true });
  for (const [name, bytes] of Object.entries({
    [`BootOrder-${vendor}`]: [7, 0, 0, 0, 1, 0],
    [`Boot0001-${vendor}`]: [7, 0, 0, 0, 9, 9],
    [`Boot0002-${vendor}`]: [7, 0],
    [`Boot0003-${vendor}`]: Array.from({ length: 65_537 }, () => 1),
    [`Boot0004-${'0'.repeat(36)}`]: [7, 0, 0, 0, 1],
    [`BootNext-${vendor}`]: [7, 0, 0, 0, 1],
    [`SecureBoot-${vendor}`]: [6, 0, 0, 0, 1],
  }))
    writeFileSync(join(folder, name), new Uint8Array(bytes));
  expect(await variables()).toEqual(
    new Map([
      ['Boot0001', new Uint8Array([9, 9])],
      ['BootOrder', new Uint8Array([1, 0])],
    ]),
  );
});

test('a machine that was not started by UEFI, or does not show it, has none', async () => {
  expect(await variables()).toBeUndefined();
  mkdirSync(folder, { recursive: true });
  expect(await variables()).toBeUndefined();
});
