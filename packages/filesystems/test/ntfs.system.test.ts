import { statSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { digests, fill, Machine, mebibyte, readImage, run } from './machine.js';

const machine = new Machine();
afterAll(() => machine[Symbol.dispose]());

const variants: readonly (readonly [name: string, size: number, options: readonly string[]])[] = [
  ['512-byte clusters', 60, ['-c', '512']],
  ['1 KiB clusters', 100, ['-c', '1024']],
  ['4 KiB clusters', 200, []],
  ['64 KiB clusters', 400, ['-c', '65536']],
  ['256 KiB clusters', 500, ['-c', '262144']],
  ['2 MiB clusters', 2000, ['-c', '2097152']],
  ['4096-byte sectors', 300, ['-s', '4096']],
  ['an uneven size', 200.3337, []],
  ['64 GiB', 65536, []],
];

function ntfsNumber(image: string, name: string): number {
  return Number(new RegExp(`^${name} *: (\\d+)$`, 'm').exec(run('ntfscluster', '-i', image))?.[1]);
}

test.each(variants)('%s: the allocated bytes alone are the same file system', async (_name, size, options) => {
  const image = machine.image(Math.floor((size * mebibyte) / 512) * 512);
  run('mkntfs', '-FqQ', '-L', 'Löschen 卷', ...options, image);
  machine.mounted(image, 'ntfs', (root) => fill(root));
  const before = machine.mounted(image, 'ntfs', digests, 'ro');

  const found = await readImage(image);
  expect(found).toMatchObject({
    type: 'ntfs',
    label: 'Löschen 卷',
    id: run('blkid', '-p', '-o', 'value', '-s', 'UUID', image).trim(),
    unitSize: ntfsNumber(image, 'bytes per cluster'),
    state: 'clean',
    stateReason: undefined,
    noMapReason: undefined,
  });
  const unit = found.unitSize ?? 0;
  const clusters = Math.floor((found.size ?? 0) / unit);
  const used = clusters - ntfsNumber(image, 'clusters of free space');
  const tail = statSync(image).size - clusters * unit;
  expect(found.allocated?.size).toBe(used * unit + tail);

  const stripped = machine.strip(image, found);
  run('ntfsinfo', '-m', stripped);
  run('ntfsfix', '-n', stripped);
  expect(machine.mounted(stripped, 'ntfs', digests, 'ro')).toEqual(before);
  expect(Object.keys(before).length).toBeGreaterThan(150);
});

test('the dirty flag, as ntfsfix sets and clears it', async () => {
  const image = machine.image(100 * mebibyte);
  run('mkntfs', '-FqQ', image);
  expect(await readImage(image)).toMatchObject({ state: 'clean', label: undefined });
  run('ntfsfix', image);
  expect(await readImage(image)).toMatchObject({ state: 'unclean', stateReason: 'dirty bit set' });
  run('ntfsfix', '-d', image);
  expect(await readImage(image)).toMatchObject({ state: 'clean' });
});
