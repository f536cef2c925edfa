import { afterAll, expect, test } from '@jest/globals';
import { copyFile, mkdir, open, readFile, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHasher } from '@sysimage/node-services';
import { makeScratch, noise, run } from '@sysimage/fixtures';
import {
  at,
  attemptHere,
  listAt,
  readTrees,
  settleSmall,
  succeedHere,
  textAt,
  withReadOnlyView,
  type Said,
} from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const { disk, trees } = await settleSmall(scratch.at('disk.img'));
const backUp = (path: string, target: string, ...more: readonly string[]): Promise<Said> =>
  attemptHere('backup', '--disk', path, '--to', `dir:${target}`, '--computer', 'pc', '--json', ...more);

/** A target with two versions of the disk, that the tests only read. */
const shelf = scratch.at('shelf');
const versions: string[] = [];
for (let count = 0; count < 2; count += 1) {
  const { result } = await succeedHere(
    'backup',
    '--disk',
    disk.path,
    '--to',
    `dir:${shelf}`,
    '--computer',
    'pc',
    '--json',
  );
  versions.push(textAt(result, 'version', 'id'));
}

async function overwrite(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, offset);
  await file.close();
}

const notDisks: readonly (readonly [string, number, RegExp, (path: string) => Promise<unknown>])[] = [
  ['a text', 2, /not the image of a disk/u, (path) => writeFile(path, 'Dear Sir or Madam,\n'.repeat(1000))],
  ['a short text', 2, /not the image of a disk/u, (path) => writeFile(path, 'hello\n')],
  ['noise', 2, /not the image of a disk/u, (path) => writeFile(path, noise(1, mebi))],
  ['an empty file', 2, /it is empty/u, (path) => writeFile(path, '')],
  ['a folder', 2, /neither a disk nor an image file/u, (path) => mkdir(path)],
  ['a qcow2', 2, /qcow2/u, (path) => run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', disk.path, path)],
  ['a vhdx', 2, /VHDX/u, (path) => run('qemu-img', 'convert', '-f', 'raw', '-O', 'vhdx', disk.path, path)],
  ['a vhd', 2, /VHD/u, (path) => run('qemu-img', 'convert', '-f', 'raw', '-O', 'vpc', disk.path, path)],
  ['nothing', 10, /There is no/u, () => Promise.resolve()],
  ['half a disk', 16, /truncated/u, (path) => cut(path, disk.size / 2)],
  ['a disk without its second volume', 16, /truncated/u, (path) => cut(path, 40 * mebi)],
  ['a disk that ends inside a sector', 16, /truncated/u, (path) => cut(path, disk.size - 100)],
  ['a disk without any sound table', 16, /partition table/u, breakBothTables],
];

async function cut(path: string, size: number): Promise<void> {
  await copyFile(disk.path, path);
  await truncate(path, size);
}

async function breakBothTables(path: string): Promise<void> {
  await copyFile(disk.path, path);
  for (const sector of [1, disk.size / 512 - 1]) await overwrite(path, sector * 512 + 20, Uint8Array.of(0xaa, 0x55));
}

test.each(notDisks)(
  'what is no whole disk is not backed up, and nothing is made: %s',
  async (name, code, says, make) => {
    const path = scratch.at(name);
    await make(path);
    const target = scratch.at(`${name} target`);
    const { code: ended, result, stderr } = await backUp(path, target);
    expect({ ended, stderr }).toMatchObject({ ended: code, stderr: expect.stringMatching(says) });
    expect(stderr).toContain(path);
    expect(result).toMatchObject({ event: 'result', status: 'failed', exitCode: code });
    await expect(stat(target)).rejects.toThrow(/ENOENT/u);
  },
);

const end = disk.size / 512 - 1;
test.each([
  ['primary header', 1, 16],
  ['primary entries', 2, 0],
  ['backup header', end, 16],
  ['backup entries', end - 32, 0],
] as const)(
  'a disk whose %s is damaged is read by the other copy, and a finding says so',
  async (name, sector, byte) => {
    const path = scratch.at(`${name}.img`);
    await copyFile(disk.path, path);
    await overwrite(path, sector * 512 + byte, Uint8Array.of(0xde, 0xad));
    const target = scratch.at(`${name} target`);
    const { code, result } = await backUp(path, target);
    expect(code).toBe(0);
    const finding = listAt(result, 'version', 'findings').find(
      (each) => at(each, 'policy') === 'source/partition-table',
    );
    expect(finding).toMatchObject({ severity: 'warn', outcome: 'violation', subject: 'disks/0' });
    expect(textAt(finding, 'message')).toContain(path);
    expect(textAt(finding, 'message')).toContain(name.split(' ')[0]);
    const restored = scratch.at(`${name} restored.img`);
    await succeedHere('restore', 'latest', '--from', `dir:${target}`, '--disk', restored);
    expect(await readTrees({ ...disk, path: restored })).toEqual(trees);
  },
);

test('from a target that cannot be written everything is read, and to it nothing is backed up', async () => {
  await withReadOnlyView(shelf, async (view) => {
    const { code, result, stderr } = await backUp(disk.path, view);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/EROFS|read-only/u) });
    expect(result).toMatchObject({ error: { code: 'denied' } });
    const { result: listed } = await succeedHere('versions', '--from', `dir:${view}`, '--json');
    expect(listAt(listed, 'versions').map((version) => at(version, 'id'))).toEqual(versions);
    const restored = scratch.at('from read-only.img');
    await succeedHere('restore', 'latest', '--from', `dir:${view}`, '--disk', restored);
    expect(await readTrees({ ...disk, path: restored })).toEqual(trees);
  });
  const empty = scratch.at('empty');
  await mkdir(empty);
  await withReadOnlyView(empty, async (view) => {
    const { code, result } = await backUp(disk.path, view);
    expect({ code, error: at(result, 'error', 'code') }).toEqual({ code: 1, error: 'denied' });
  });
  expect(await readdir(empty)).toEqual([]);
});

test('options and commands that do not exist are refused, with what may have been meant', async () => {
  const wrong = await attemptHere('backup', '--dsk', disk.path, '--to', `dir:${scratch.at('never')}`);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--dsk') });
  expect(wrong.stderr).toContain('Did you mean --disk');
  const unknown = await attemptHere('restor', 'latest', '--from', `dir:${shelf}`);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown command 'restor'") });
  expect(unknown.stderr).toContain('Did you mean restore');
  expect(await attemptHere('frobnicate')).toMatchObject({ code: 2, stderr: expect.stringContaining('frobnicate') });
  const scheme = await attemptHere('versions', '--from', 'gopher:/hole');
  expect(scheme).toMatchObject({ code: 2, stderr: expect.stringContaining('gopher') });
  const nowhere = await attemptHere('versions', '--from', `dir:${scratch.at('never')}`);
  expect(nowhere).toMatchObject({ code: 10, stderr: expect.stringContaining(scratch.at('never')) });
  await expect(stat(scratch.at('never'))).rejects.toThrow(/ENOENT/u);
});

test('a version that is not there, or of which there are two, is not restored', async () => {
  const restored = scratch.at('not made.img');
  const restore = (version: string, ...more: readonly string[]): Promise<Said> =>
    attemptHere('restore', version, '--from', `dir:${shelf}`, '--disk', restored, ...more);
  expect(await restore('19991231')).toMatchObject({ code: 10, stderr: expect.stringContaining('19991231') });
  const ambiguous = await restore('2');
  expect(ambiguous.code).toBe(2);
  for (const id of versions) expect(ambiguous.stderr).toContain(id);
  expect(await restore('latest', '--computer', 'laptop')).toMatchObject({
    code: 10,
    stderr: expect.stringContaining('laptop'),
  });
  const [first = ''] = versions;
  expect(await attemptHere('restore', first, '--from', `dir:${shelf}`, '--disk', `1=${restored}`)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no disk 1'),
  });
  await expect(stat(restored)).rejects.toThrow(/ENOENT/u);
  expect(await restore(first.slice(0, -1))).toMatchObject({ code: 0 });
});

test('another machine of the same name is noticed', async () => {
  const target = scratch.at('two machines');
  await run('cp', '-a', shelf, target);
  const path = join(target, 'sysimage', 'pc', 'computer.json');
  const hasher = createHasher();
  const blank = '0'.repeat(64);
  const other = (await readFile(path, 'utf8'))
    .replace(/"digest": "[0-9a-f]{64}"/u, `"digest": "${blank}"`)
    .replace(/ {2}"machineId": "[^"]*",\n/u, '')
    // A machine need not have an id: then there was none to replace.
    .replace(/ {2}"createdAt"/u, `  "machineId": "${'f'.repeat(64)}",\n  "createdAt"`);
  const digest = Buffer.from(hasher.digest(new TextEncoder().encode(other))).toString('hex');
  await writeFile(path, other.replace(blank, digest));

  const { code, stderr, result } = await backUp(disk.path, target);
  expect({ code, error: at(result, 'error', 'code') }).toEqual({ code: 1, error: 'already-exists' });
  expect(stderr).toContain('images of pc from before it was installed anew');
  expect(stderr).toContain('--take-over');
  expect(await backUp(disk.path, target, '--take-over')).toMatchObject({ code: 0 });
  expect(await backUp(disk.path, target)).toMatchObject({ code: 0 });
  const { result: listed } = await succeedHere('versions', '--from', `dir:${target}`, '--json');
  expect(listAt(listed, 'versions').length).toBe(4);
});

test('a disk and its copy are not backed up together', async () => {
  const twin = scratch.at('twin.img');
  await copyFile(disk.path, twin);
  const { code, stderr } = await backUp(disk.path, scratch.at('twins'), '--disk', twin);
  expect(code).toBe(2);
  for (const path of [disk.path, twin]) expect(stderr).toContain(path);
});
