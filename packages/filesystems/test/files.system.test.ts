import { randomBytes } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { hashFiles, withFiles } from './hash-files.js';
import { digests, Machine, mebibyte, run } from './machine.js';

const machine = new Machine();
afterAll(() => machine[Symbol.dispose]());

/** With holes between what is written. */
function writeSparse(path: string, places: readonly number[], size: number): void {
  const file = openSync(path, 'w');
  for (const place of places) writeSync(file, randomBytes(5000), 0, 5000, place);
  closeSync(file);
  truncateSync(path, size);
}

async function expectSame(image: string, kind: 'ext' | 'ntfs'): Promise<void> {
  const before = machine.mounted(image, kind, digests, 'ro');
  expect(Object.keys(before).length).toBeGreaterThan(2);
  expect(Object.fromEntries(await hashFiles(image))).toEqual(before);
}

test.each([
  ['ext2', ['-t', 'ext2', '-b', '1024']],
  ['ext4', ['-t', 'ext4', '-b', '1024']],
  ['ext4 with bigalloc', ['-t', 'ext4', '-O', 'bigalloc']],
  ['ext4 with inline data', ['-t', 'ext4', '-O', 'inline_data', '-I', '256']],
] as const)('%s: holes, far blocks, large directories, bytes kept in inodes', async (name, options) => {
  const image = machine.image(300 * mebibyte);
  run('mke2fs', '-Fq', ...options, image);
  machine.mounted(image, 'ext', (root) => {
    // Single, double and triple blocks of pointers; in ext4 a tree of extents of more than one level.
    writeSparse(join(root, 'sparse'), [0, 20_000, 300_000, 20_000_000, 70_000_000, 90_000_000], 100_000_000);
    writeSparse(
      join(root, 'fragments'),
      Array.from({ length: 700 }, (_, i) => i * 20_000),
      14_000_001,
    );
    mkdirSync(join(root, 'many'));
    for (let i = 0; i < 3000; i += 1) writeFileSync(join(root, 'many', `a rather long name, number ${i}`), `${i}`);
    mkdirSync(join(root, 'few'));
    for (let i = 0; i < 9; i += 1) writeFileSync(join(root, 'few', `${i}`), 'x'.repeat(i * 20));
    for (let i = 0; i < 9; i += 2) rmSync(join(root, 'few', `${i}`));
    // Takes blocks that still hold what was in them.
    writeFileSync(join(root, 'old'), randomBytes(120_000_000));
    run('sync', '-f', root);
    rmSync(join(root, 'old'));
    run('sync', '-f', root);
    if (name !== 'ext2') run('fallocate', '-l', '150000000', join(root, 'never written'));
    linkSync(join(root, 'sparse'), join(root, 'other name'));
  });
  await expectSame(image, 'ext');
});

test('links on ext are not followed, and hold their path', async () => {
  const image = machine.image(50 * mebibyte);
  run('mke2fs', '-Fq', '-t', 'ext4', image);
  machine.mounted(image, 'ext', (root) => {
    mkdirSync(join(root, 'folder'));
    writeFileSync(join(root, 'folder', 'file'), 'here');
    symlinkSync('folder', join(root, 'short'));
    symlinkSync('folder/'.repeat(20), join(root, 'long'));
    run('mkfifo', join(root, 'pipe'));
  });
  await withFiles(image, async (files) => {
    expect(await files.find('short/file')).toBeUndefined();
    for (const [name, target] of [
      ['short', 'folder'],
      ['long', 'folder/'.repeat(20)],
    ] as const) {
      const link = await files.find(name);
      expect(link).toMatchObject({ kind: 'link', size: target.length });
      if (link !== undefined) expect(new TextDecoder().decode(await files.read(link, 0, 1000))).toBe(target);
    }
    expect(await files.find('/folder//file/')).toMatchObject({ kind: 'file', size: 4 });
    expect(await files.find('Folder/file')).toBeUndefined();
    expect(await files.find('folder/file/more')).toBeUndefined();
    expect(await files.list('folder/file')).toBeUndefined();
    expect(await files.find('')).toMatchObject({ kind: 'directory' });
    const pipe = await files.find('pipe');
    expect(pipe?.kind).toBe('other');
    if (pipe !== undefined) await expect(files.read(pipe, 0, 1)).rejects.toThrow(RangeError);
  });
});

test.each([['512'], ['4096'], ['65536']])(
  'NTFS with clusters of %s bytes: holes, fragments, large directories, names in any case',
  async (clusterSize) => {
    const image = machine.image(200 * mebibyte);
    run('mkntfs', '-FqQ', '-c', clusterSize, image);
    machine.mounted(image, 'ntfs', (root) => {
      writeSparse(join(root, 'sparse'), [0, 20_000, 3_000_000, 40_000_000], 50_000_000);
      // Many runs: an attribute list with the small clusters.
      writeSparse(
        join(root, 'fragments'),
        Array.from({ length: 700 }, (_, i) => i * 200_000),
        140_000_001,
      );
      mkdirSync(join(root, 'Größe'));
      for (let i = 0; i < 1500; i += 1) writeFileSync(join(root, 'Größe', `a rather long name, number ${i}`), `${i}`);
      for (let i = 0; i < 1500; i += 2) rmSync(join(root, 'Größe', `a rather long name, number ${i}`));
    });
    machine.mounted(image, 'ntfs', (root) => {
      // Leaves blocks of its index behind that are in use no longer.
      mkdirSync(join(root, 'left'));
      for (let i = 0; i < 900; i += 1) writeFileSync(join(root, 'left', `a rather long name, number ${i}`), '');
      for (let i = 0; i < 897; i += 1) rmSync(join(root, 'left', `a rather long name, number ${i}`));
    });
    await expectSame(image, 'ntfs');
    await withFiles(image, async (files) => {
      const found = await files.find('grÖSSe/x');
      expect(found).toBeUndefined();
      expect(await files.find('GRÖßE/A RATHER LONG NAME, NUMBER 7')).toMatchObject({
        name: 'a rather long name, number 7',
        kind: 'file',
        size: 1,
      });
      expect((await files.list('größe'))?.length).toBe(750);
    });
  },
);

test('compressed files on NTFS', async () => {
  const image = machine.image(100 * mebibyte);
  run('mkntfs', '-FqQ', image);
  machine.mounted(
    image,
    'ntfs',
    (root) => {
      const folder = join(root, 'compressed');
      mkdirSync(folder);
      run('setfattr', '-h', '-n', 'system.ntfs_attrib_be', '-v', '0x00000800', folder);
      const text = Array.from({ length: 30_000 }, (_, i) => `line ${i * i}\n`).join('');
      writeFileSync(join(folder, 'text'), text);
      writeFileSync(join(folder, 'zeros'), new Uint8Array(1_000_000));
      writeFileSync(join(folder, 'noise'), randomBytes(300_001));
      writeFileSync(
        join(folder, 'mixed'),
        Buffer.concat([randomBytes(100_000), Buffer.from(text), Buffer.alloc(200_000)]),
      );
      writeFileSync(join(folder, 'short'), 'abc'.repeat(500));
    },
    'rw,compression',
  );
  const before = machine.mounted(image, 'ntfs', digests, 'ro,compression');
  expect(run('ntfsinfo', '-F', '/compressed/text', image)).toContain('COMPRESSED');
  expect(Object.fromEntries(await hashFiles(image))).toEqual(before);
});

test.each([
  ['12', 10, ['-s', '8']],
  ['16', 60, []],
  ['32', 60, ['-s', '1']],
] as const)('FAT%s: long and short names', async (bits, size, options) => {
  const image = machine.image(size * mebibyte);
  run('mkfs.fat', '-F', bits, ...options, image);
  const source = machine.path('source');
  mkdirSync(join(source, 'A folder', 'größe 大'), { recursive: true });
  writeFileSync(
    join(source, 'A folder', 'größe 大', 'a name that is long enough to need several entries.text'),
    'long',
  );
  writeFileSync(join(source, 'SHORT.TXT'), 'short');
  for (let i = 0; i < 200; i += 1) writeFileSync(join(source, 'A folder', `file number ${i}`), `${i}`.repeat(i));
  // So that clusters have numbers of more than 16 bits.
  const filler = machine.image(bits === '32' ? 45 * mebibyte : 0, 'FILLER.BIN');
  if (bits === '32') run('mcopy', '-i', image, filler, '::FILLER.BIN');
  run('mcopy', '-s', '-i', image, join(source, 'A folder'), join(source, 'SHORT.TXT'), '::');
  run('mdel', '-i', image, '::/A folder/file number 7');
  rmSync(join(source, 'A folder', 'file number 7'));
  if (bits === '32') run('mdel', '-i', image, '::FILLER.BIN');
  expect(Object.fromEntries(await hashFiles(image))).toEqual(digests(source));
  await withFiles(image, async (files) => {
    const long = await files.find('a FOLDER/GRÖßE 大/A NAME that is long enough to need several entries.text');
    expect(long).toMatchObject({ kind: 'file', size: 4 });
    expect(await files.find('AFOLDE~1')).toMatchObject({ kind: 'directory', name: 'AFOLDE~1' });
    expect(await files.find('short.txt')).toMatchObject({ name: 'SHORT.TXT' });
    expect((await files.list(''))?.map(({ name }) => name)).toEqual(['A folder', 'SHORT.TXT']);
  });
});

test('of what holds volumes of its own no files are read', async () => {
  const image = machine.image(60 * mebibyte);
  run('mkswap', image);
  await expect(withFiles(image, async () => undefined)).rejects.toThrow('no files found');
});
