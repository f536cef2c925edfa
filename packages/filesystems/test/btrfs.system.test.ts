import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { digests, Machine, mebibyte, patch, readImage, run } from './machine.js';

const machine = new Machine();
afterAll(() => machine[Symbol.dispose]());

function made(...options: readonly string[]): string {
  const image = machine.image(600 * mebibyte);
  run('mkfs.btrfs', '-fq', ...options, image);
  return image;
}

test('trees of several levels, snapshots, compression, shared extents', async () => {
  const image = made('-n', '4096', '-m', 'dup');
  machine.mounted(
    image,
    'btrfs',
    (root) => {
      run('btrfs', 'subvolume', 'create', join(root, 'part'));
      for (let i = 0; i < 7000; i += 1) writeFileSync(join(root, 'part', `${i}`), randomBytes(2500 + (i % 7) * 900));
      run('btrfs', 'subvolume', 'snapshot', join(root, 'part'), join(root, 'before'));
      for (let i = 0; i < 7000; i += 2) rmSync(join(root, 'part', `${i}`));
      mkdirSync(join(root, 'text'));
      writeFileSync(join(root, 'text', 'compressed'), 'the same line\n'.repeat(100_000));
      run('cp', '--reflink=always', join(root, 'text', 'compressed'), join(root, 'text', 'shared'));
    },
    'rw,compress-force=zstd',
  );
  const before = machine.mounted(image, 'btrfs', digests, 'ro');
  expect(Object.keys(before).length).toBe(10_502);
  expect(run('btrfs', 'inspect-internal', 'dump-tree', '-t', 'extent', image)).toMatch(/^node \d+ level 2/m);
  const found = await readImage(image);
  expect(found).toMatchObject({ state: 'clean', noMapReason: undefined });
  const stripped = machine.strip(image, found);
  run('btrfs', 'check', '--check-data-csum', stripped);
  expect(machine.mounted(stripped, 'btrfs', digests, 'ro')).toEqual(before);
});

test('smaller than its volume: what lies behind is kept', async () => {
  const image = made();
  machine.mounted(image, 'btrfs', (root) => run('btrfs', 'filesystem', 'resize', '500m', root));
  const found = await readImage(image);
  expect(found).toMatchObject({ state: 'clean', size: 500 * mebibyte });
  expect(found.allocated?.covers(500 * mebibyte, 600 * mebibyte)).toBe(true);
});

test('both copies of what is written twice are kept, and every superblock', async () => {
  const image = made('-m', 'dup');
  const found = await readImage(image);
  expect(found.allocated?.has(64 * mebibyte)).toBe(true);
  const single = await readImage(made('-m', 'single'));
  expect(found.allocated?.size).toBeGreaterThan((single.allocated?.size ?? 0) + 50_000);
});

test.each([
  ['crc32c', undefined],
  ['xxhash', 'checksums of type xxhash64 are not read here'],
  ['sha256', 'checksums of type sha256 are not read here'],
  ['blake2', 'checksums of type blake2b are not read here'],
] as const)('with checksums of %s', async (type, reason) => {
  const found = await readImage(made('--csum', type));
  expect(found.type).toBe('btrfs');
  if (reason === undefined) expect(found.noMapReason).toBeUndefined();
  else expect(found.noMapReason).toContain(reason);
});

test('over two devices, or changed, there is no map', async () => {
  const [first, second] = [machine.image(300 * mebibyte), machine.image(300 * mebibyte)];
  const [a, b] = [first, second].map((image) => run('losetup', '-f', '--show', image).trim());
  try {
    run('mkfs.btrfs', '-fq', a ?? '', b ?? '');
  } finally {
    for (const device of [a, b]) run('losetup', '-d', device ?? '');
  }
  for (const image of [first, second]) {
    expect(await readImage(image)).toMatchObject({ allocated: undefined, noMapReason: 'it spans 2 devices' });
  }
  const image = made();
  patch(image, 64 * 1024 + 299, [0x41]);
  expect((await readImage(image)).noMapReason).toContain('checksum');
  expect((await readImage(made(), 599 * mebibyte)).noMapReason).toBe('it claims to be larger than the volume');
});
