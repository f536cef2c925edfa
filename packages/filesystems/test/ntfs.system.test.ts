import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  ['300 GiB, more than one piece of bitmap', 307_200, []],
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

test('a fragmented $MFT, spread over many records by a list that has clusters of its own', async () => {
  const image = machine.image(24 * mebibyte);
  run('mkntfs', '-FqQ', '-c', '512', image);
  machine.mounted(image, 'ntfs', (root) => {
    untilFull((i) => writeFileSync(join(root, `${i}`), new Uint8Array(1500).fill(i)));
    for (const name of readdirSync(root)) if (Number(name) % 2 === 0) rmSync(join(root, name));
    untilFull((i) => writeFileSync(join(root, `small ${i}`), ''));
    for (const name of readdirSync(root)) if (Number(name) % 5 === 0) rmSync(join(root, name));
  });
  expect(run('ntfsinfo', '-i', '0', image).match(/\$DATA \(0x80\) from mft record (?!0 )/g)?.length).toBeGreaterThan(3);
  const before = machine.mounted(image, 'ntfs', digests, 'ro');
  const found = await readImage(image);
  expect(found).toMatchObject({ state: 'clean', noMapReason: undefined });
  const clusters = Math.floor((found.size ?? 0) / 512);
  expect(found.allocated?.size).toBe(24 * mebibyte - ntfsNumber(image, 'clusters of free space') * 512);
  expect(found.allocated?.size).toBeLessThan(clusters * 512);
  const stripped = machine.strip(image, found);
  expect(machine.mounted(stripped, 'ntfs', digests, 'ro')).toEqual(before);
});

function untilFull(write: (i: number) => void): void {
  for (let i = 0; i < 100_000; i += 1) {
    try {
      write(i);
    } catch (error) {
      if (error instanceof Error && error.message.includes('ENOSPC')) return;
      throw error;
    }
  }
}

test('hiberfil.sys of a sleeping Windows', async () => {
  const image = machine.image(60 * mebibyte);
  run('mkntfs', '-FqQ', image);
  for (const [magic, state] of [
    ['HIBR', 'unclean'],
    ['hibr', 'unclean'],
    ['WAKE', 'clean'],
    ['\0\0\0\0', 'clean'],
  ] as const) {
    machine.mounted(
      image,
      'ntfs',
      (root) => {
        // Enough names that the directory needs index blocks.
        for (let i = 0; i < 100; i += 1) writeFileSync(join(root, `name number ${i}`), '');
        rmSync(join(root, 'hiberfil.sys'), { force: true });
        writeFileSync(join(root, 'hiberfil.sys'), magic + 'x'.repeat(100_000));
      },
      'rw,remove_hiberfile',
    );
    expect((await readImage(image)).state).toBe(state);
  }
});
