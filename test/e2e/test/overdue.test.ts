import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { exitCodes } from '@sysimage/cli';
import { createRegistry, type BackupRequest, type Host } from '@sysimage/core';
import { plugin } from '@sysimage/target-directory';
import { attemptHere, ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'overdue-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const at = (...names: readonly string[]): string => join(folder, 'backups', 'sysimage', 'bench', ...names);
const ask = async (): Promise<number> => {
  const { code } = await attemptHere('overdue', ...from(), '--max-age', '10000d');
  return code;
};
const from = (): readonly string[] => ['--from', `dir:${join(folder, 'backups')}`, '--computer', 'bench'];

const disk = new ToyDisk(4 * mebibyte);
disk.fill(300, 7);

/** A backup of a small disk into a real folder. */
async function backUp(bench: Workbench, extra: Partial<BackupRequest> = {}): Promise<void> {
  const { services } = bench;
  const host: Host = {
    now: () => services.clock.now(),
    log: () => undefined,
    random: (length) => services.random.bytes(length),
    disksBelow: () => Promise.resolve({ known: false, why: 'it is a test' }),
    requestMedium: () => Promise.reject(new Error('there is nobody')),
  };
  const target = await createRegistry([plugin], host, services.hasher).open(`dir:${join(folder, 'backups')}`, 'write');
  await bench.backup(target, disk, extra);
  await target.close();
}

/** The only file in a folder of the backups whose name ends so. */
function fileIn(ending: string, ...names: readonly string[]): string {
  const found = readdirSync(at(...names)).find((name) => name.endsWith(ending));
  if (found === undefined) throw new Error(`there is no ${ending}`);
  return at(...names, found);
}

const diskFolder = (): string => readdirSync(at()).find((name) => name.startsWith('disk-')) ?? '';

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
}

test('a whole version of a volume that was closed in order is a good backup', async () => {
  await backUp(new Workbench());
  expect(await ask()).toBe(exitCodes.done);
});

test.each<[string, (bench: Workbench) => Partial<BackupRequest>]>([
  [
    'has holes where the disk could not be read',
    (bench) => {
      bench.disks.bad.set('disk.img', { start: 3 * mebibyte, end: 3 * mebibyte + 512 });
      return {};
    },
  ],
  [
    'was taken from a volume in use',
    (bench) => {
      bench.disks.mounts.set('disk.img', [{ offset: mebibyte, mountPoint: '/', readOnly: false }]);
      return { allowLive: true };
    },
  ],
])('a version that %s is no good backup', async (_, prepare) => {
  const bench = new Workbench();
  await backUp(bench, prepare(bench));
  expect(await ask()).toBe(exitCodes.overdue);
  // The next one is.
  await backUp(new Workbench(), { takeOver: true });
  expect(await ask()).toBe(exitCodes.done);
});

test.each<[string, () => void]>([
  ['whose record cannot be read', () => flip(fileIn('.json', 'versions'), 200)],
  ['whose map is missing', () => rmSync(fileIn('.map', diskFolder(), 'maps'))],
  ['whose image was cut', () => writeFileSync(fileIn('.vhd', diskFolder()), 'short')],
])('a version %s is no good backup', async (_, damage) => {
  await backUp(new Workbench());
  damage();
  expect(await ask()).toBe(exitCodes.overdue);
});

test('a version that a verification found damaged is no good backup, until one finds it whole', async () => {
  await backUp(new Workbench());
  const image = fileIn('.vhd', diskFolder());
  const place = readFileSync(image).indexOf(disk.bytes.subarray(disk.offsetOf(300), disk.offsetOf(301)));
  flip(image, place);
  expect(await ask()).toBe(exitCodes.done);
  expect(await attemptHere('verify', ...from())).toMatchObject({ code: exitCodes.damaged });
  expect(await ask()).toBe(exitCodes.overdue);
  flip(image, place);
  expect(await attemptHere('verify', ...from())).toMatchObject({ code: exitCodes.done });
  expect(await ask()).toBe(exitCodes.done);
});
