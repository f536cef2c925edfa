import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { digests, fill, Machine, mebibyte, patch, readImage, run, said } from './machine.js';

const machine = new Machine();
afterAll(() => machine[Symbol.dispose]());

const variants: readonly (readonly [name: string, type: string, size: number, options: readonly string[]])[] = [
  ['FAT12', 'fat12', 12, ['-F', '12', '-s', '8']],
  ['FAT12 with one table', 'fat12', 12, ['-F', '12', '-s', '8', '-f', '1']],
  ['FAT16', 'fat16', 60, ['-F', '16']],
  ['FAT16 with 64 KiB clusters', 'fat16', 500, ['-F', '16', '-s', '128']],
  ['FAT16 with a large root directory', 'fat16', 60, ['-F', '16', '-r', '2048', '-R', '7']],
  ['FAT32', 'fat32', 300, ['-F', '32']],
  ['FAT32 with 512-byte clusters', 'fat32', 60, ['-F', '32', '-s', '1']],
  ['FAT32 with 32 KiB clusters', 'fat32', 2500, ['-F', '32', '-s', '64']],
  ['FAT32 with 4096-byte sectors', 'fat32', 600, ['-F', '32', '-S', '4096', '-s', '1']],
  ['FAT32 not filling the volume evenly', 'fat32', 300.3337, ['-F', '32', '-s', '8', '-a']],
];

function contents(image: string): Readonly<Record<string, string>> {
  const folder = machine.path('out');
  mkdirSync(folder);
  run('mcopy', '-s', '-n', '-Q', '-i', image, '::/*', folder);
  return digests(folder);
}

test.each(variants)('%s: the allocated bytes alone are the same file system', async (_name, type, size, options) => {
  const image = machine.image(Math.floor((size * mebibyte) / 512) * 512);
  run('mkfs.vfat', '-n', 'SOME LABEL', '-i', '1A2B3C4D', ...options, image);
  const source = machine.path('source');
  mkdirSync(source);
  fill(source, size < 30 ? 80 : 300, size < 30 ? 0.2 : 1);
  run('mcopy', '-s', '-i', image, join(source, 'folder 1'), join(source, 'folder 2'), join(source, 'folder 3'), '::');
  run('mdeltree', '-i', image, '::/folder 2');
  run('mcopy', '-s', '-i', image, ...[4, 5, 6].map((i) => join(source, `folder ${i}`)), join(source, 'late 3'), '::');
  const before = contents(image);
  const check = run('fsck.fat', '-nv', image);

  const found = await readImage(image);
  expect(found).toMatchObject({
    type,
    label: 'SOME LABEL',
    id: run('blkid', '-p', '-o', 'value', '-s', 'UUID', image).trim(),
    state: 'clean',
    noMapReason: undefined,
  });
  const [, used, total] = /(\d+)\/(\d+) clusters/.exec(check) ?? [];
  const [, dataStart] = /Data area starts at byte (\d+)/.exec(check) ?? [];
  const unit = found.unitSize ?? 0;
  const tail = Math.floor((size * mebibyte) / 512) * 512 - Number(dataStart) - Number(total) * unit;
  expect(found.allocated?.size).toBe(Number(dataStart) + Number(used) * unit + tail);

  const stripped = machine.strip(image, found);
  run('fsck.fat', '-nv', stripped);
  expect(contents(stripped)).toEqual(before);
  expect(Object.keys(before).length).toBeGreaterThan(10);
});

test('the label of the root directory wins, the one of the boot sector stands in', async () => {
  for (const options of [
    ['-F', '32'],
    ['-F', '16'],
  ]) {
    const image = machine.image(60 * mebibyte);
    run('mkfs.vfat', ...options, '-n', 'FIRST', image);
    run('mlabel', '-i', image, '::SECOND');
    expect((await readImage(image)).label).toBe('SECOND');
    run('mkfs.vfat', ...options, image);
    expect((await readImage(image)).label).toBeUndefined();
  }
});

test('dirty bits as fsck.fat sees them', async () => {
  const fresh = machine.image(60 * mebibyte);
  for (const [type, stateOffset] of [
    ['12', 37],
    ['16', 37],
    ['32', 65],
  ] as const) {
    run('mkfs.vfat', '-F', type, '-s', type === '12' ? '64' : type === '16' ? '4' : '1', fresh);
    const image = machine.path('dirty.img');
    copyFileSync(fresh, image);
    patch(image, stateOffset, [1]);
    expect(await readImage(image)).toMatchObject({ state: 'unclean', stateReason: 'dirty bit set in the boot sector' });
    expect(said('fsck.fat', '-n', image)).toContain('Dirty bit is set');
  }
});

test('larger than the volume', async () => {
  const image = machine.image(60 * mebibyte);
  run('mkfs.vfat', image);
  expect(await readImage(image, 59 * mebibyte)).toMatchObject({
    state: 'unknown',
    allocated: undefined,
    noMapReason: 'it claims to be larger than the volume',
  });
});
