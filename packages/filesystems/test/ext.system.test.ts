import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { digests, fill, link, Machine, mebibyte, readImage, run, writeDurably } from './machine.js';

const machine = new Machine();
afterAll(() => machine[Symbol.dispose]());

const variants: readonly (readonly [name: string, type: string, size: number, options: readonly string[]])[] = [
  ['ext2', 'ext2', 100, ['-t', 'ext2']],
  ['ext2 with 1 KiB blocks', 'ext2', 100, ['-t', 'ext2', '-b', '1024']],
  ['ext2 revision 0', 'ext2', 40, ['-t', 'ext2', '-r', '0']],
  ['ext3', 'ext3', 200, ['-t', 'ext3']],
  ['ext3 with 1 KiB blocks', 'ext3', 100, ['-t', 'ext3', '-b', '1024']],
  ['ext4', 'ext4', 300, ['-t', 'ext4']],
  ['ext4 with 1 KiB blocks', 'ext4', 300, ['-t', 'ext4', '-b', '1024']],
  ['ext4 with 2 KiB blocks', 'ext4', 300, ['-t', 'ext4', '-b', '2048']],
  ['ext4 without 64bit', 'ext4', 300, ['-t', 'ext4', '-O', '^64bit']],
  ['ext4 with bigalloc', 'ext4', 600, ['-t', 'ext4', '-O', 'bigalloc']],
  [
    'ext4 with bigalloc of 64 KiB and 1 KiB blocks',
    'ext4',
    300,
    ['-t', 'ext4', '-b', '1024', '-O', 'bigalloc', '-C', '65536'],
  ],
  ['ext4 with meta_bg', 'ext4', 600, ['-t', 'ext4', '-O', 'meta_bg,^resize_inode', '-b', '1024', '-g', '1024']],
  ['ext4 with meta_bg and 4 KiB blocks', 'ext4', 600, ['-t', 'ext4', '-O', 'meta_bg,^resize_inode', '-g', '512']],
  [
    'ext4 with meta_bg, bigalloc and 1 KiB blocks',
    'ext4',
    600,
    ['-t', 'ext4', '-O', 'meta_bg,^resize_inode,bigalloc', '-b', '1024', '-C', '4096', '-g', '4096'],
  ],
  ['ext4 with uninit_bg, no checksums', 'ext4', 600, ['-t', 'ext4', '-O', 'uninit_bg,^metadata_csum,^64bit']],
  ['ext4 without flex_bg', 'ext4', 600, ['-t', 'ext4', '-O', '^flex_bg']],
  ['ext4 with sparse_super2', 'ext4', 600, ['-t', 'ext4', '-O', 'sparse_super2,^resize_inode,^meta_bg']],
  ['ext4 without sparse_super', 'ext4', 600, ['-t', 'ext4', '-O', '^sparse_super,^resize_inode']],
  ['ext4 without group checksums', 'ext4', 600, ['-t', 'ext4', '-O', '^uninit_bg,^metadata_csum']],
  ['ext4 without journal', 'ext4', 300, ['-t', 'ext4', '-O', '^has_journal']],
  ['ext4 with inline data and mmp', 'ext4', 300, ['-t', 'ext4', '-O', 'inline_data,mmp,ea_inode']],
  ['ext4 with lazily written tables', 'ext4', 9000, ['-t', 'ext4', '-E', 'lazy_itable_init=1,lazy_journal_init=1']],
  ['ext4 not filling the volume evenly', 'ext4', 300.37, ['-t', 'ext4', '-b', '1024']],
];

test.each(variants)('%s: the allocated bytes alone are the same file system', async (_name, type, size, options) => {
  const image = machine.image(Math.floor(size * mebibyte));
  run('mke2fs', '-Fq', '-L', 'some label', ...options, image);
  machine.mounted(image, 'ext', (root) => {
    fill(root);
    link(root);
  });
  const before = machine.mounted(image, 'ext', digests, 'ro');
  run('e2fsck', '-fn', image);

  const found = await readImage(image);
  expect(found).toMatchObject({
    type: run('blkid', '-p', '-o', 'value', '-s', 'TYPE', image).trim(),
    label: 'some label',
    id: run('blkid', '-p', '-o', 'value', '-s', 'UUID', image).trim(),
    state: 'clean',
    noMapReason: undefined,
  });
  expect(found.type).toBe(type);

  const header = run('dumpe2fs', '-h', image);
  const number = (name: string) => Number(new RegExp(`^${name}: *([0-9]+)$`, 'm').exec(header)?.[1]);
  const blockSize = number('Block size');
  const used = (number('Block count') - number('Free blocks')) * blockSize;
  expect(found.size).toBe(number('Block count') * blockSize);
  const tail = statSync(image).size - (found.size ?? 0);
  // What the map has beyond the blocks in use: boot block, tail, and tables in groups never written to.
  const more = (found.allocated?.size ?? 0) - used - tail;
  expect(more).toBeGreaterThanOrEqual(0);
  expect(more).toBeLessThanOrEqual(found.type === 'ext4' ? 8192 : 1024);

  const stripped = machine.strip(image, found);
  run('e2fsck', '-fn', stripped);
  expect(machine.mounted(stripped, 'ext', digests, 'ro')).toEqual(before);
  expect(Object.keys(before).length).toBeGreaterThan(200);
});

test('taken while mounted, it is unclean', async () => {
  for (const options of [[], ['-O', '^has_journal']]) {
    const image = machine.image(100 * mebibyte);
    run('mke2fs', '-Fq', '-t', 'ext4', ...options, image);
    const copy = machine.path('copy.img');
    machine.mounted(image, 'ext', (root) => {
      fill(root, 50);
      writeDurably(join(root, 'durable'), 1_000_000);
      copyFileSync(image, copy);
    });
    expect(await readImage(copy)).toMatchObject({
      state: 'unclean',
      stateReason: options.length === 0 ? 'journal needs recovery' : 'not unmounted',
    });
    expect((await readImage(image)).state).toBe('clean');
  }
});

test('taken while frozen, it is clean, and the allocated bytes alone are the same file system', async () => {
  const image = machine.image(200 * mebibyte);
  run('mke2fs', '-Fq', '-t', 'ext4', image);
  const copy = machine.path('frozen.img');
  const before = machine.mounted(image, 'ext', (root) => {
    fill(root);
    run('fsfreeze', '-f', root);
    try {
      copyFileSync(image, copy);
    } finally {
      run('fsfreeze', '-u', root);
    }
    return digests(root);
  });
  const found = await readImage(copy);
  expect(found).toMatchObject({ state: 'clean', noMapReason: undefined });
  expect(machine.mounted(machine.strip(copy, found), 'ext', digests, 'ro')).toEqual(before);
});

test('with errors noted, or larger than the volume', async () => {
  const image = machine.image(100 * mebibyte);
  run('mke2fs', '-Fq', '-t', 'ext4', image);
  expect(await readImage(image, 99 * mebibyte)).toMatchObject({
    type: 'ext4',
    state: 'unknown',
    allocated: undefined,
    noMapReason: 'it claims to be larger than the volume',
  });
  run('debugfs', '-w', '-R', 'ssv state 3', image);
  expect(await readImage(image)).toMatchObject({ state: 'unclean', stateReason: 'errors noted' });
});
