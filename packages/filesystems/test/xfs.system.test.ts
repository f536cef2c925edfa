import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { digests, Machine, mebibyte, patch, readImage, run, writeDurably } from './machine.js';

const machine = new Machine();
afterAll(() => machine[Symbol.dispose]());

function made(...options: readonly string[]): string {
  const image = machine.image(400 * mebibyte);
  run('mkfs.xfs', '-fq', ...options, image);
  return image;
}

test('free space in many pieces, in a tree of several levels', async () => {
  const image = made('-b', 'size=1024', '-d', 'agcount=2');
  machine.mounted(image, 'xfs', (root) => {
    mkdirSync(join(root, 'folder'));
    for (let i = 0; i < 6000; i += 1) writeFileSync(join(root, 'folder', `${i}`), randomBytes(3000));
    run('sync', '-f', root);
    for (let i = 0; i < 6000; i += 2) rmSync(join(root, 'folder', `${i}`));
  });
  const before = machine.mounted(image, 'xfs', digests, 'ro');
  expect(run('xfs_db', '-r', '-c', 'agf 0', '-c', 'p bnolevel', image)).toContain('bnolevel = 2');
  const found = await readImage(image);
  expect(found).toMatchObject({ state: 'clean', noMapReason: undefined });
  // Every free block of the counters is free in the map.
  const free = Number(/fdblocks = (\d+)/.exec(run('xfs_db', '-r', '-c', 'sb 0', '-c', 'p fdblocks', image))?.[1]);
  const unmapped = (found.size ?? 0) - (found.allocated?.size ?? 0);
  expect(unmapped).toBeLessThanOrEqual(free * 1024);
  expect(unmapped).toBeGreaterThan(free * 1024 * 0.99);
  const stripped = machine.strip(image, found);
  run('xfs_repair', '-n', stripped);
  expect(machine.mounted(stripped, 'xfs', digests, 'ro')).toEqual(before);
});

test('of the fourth version, which kernels no longer mount', async () => {
  const folder = machine.path('source');
  mkdirSync(folder);
  const lines = ['/dev/null', '0 0', 'd--755 0 0'];
  for (let i = 0; i < 40; i += 1) {
    writeFileSync(join(folder, `${i}`), randomBytes(i * 1500));
    lines.push(`file${i} ---644 0 0 ${join(folder, `${i}`)}`);
  }
  const prototype = machine.path('prototype');
  writeFileSync(prototype, `${lines.join('\n')}\n$\n$\n`);
  const image = made('-m', 'crc=0,finobt=0', '-p', prototype);
  const found = await readImage(image);
  expect(found).toMatchObject({ type: 'xfs', state: 'clean', noMapReason: undefined });
  expect(found.allocated?.size).toBeLessThan(100 * mebibyte);
  const stripped = machine.strip(image, found);
  run('xfs_repair', '-n', stripped);
  const bytes = readFileSync(stripped);
  for (const name of readdirSync(folder)) {
    const content = readFileSync(join(folder, name));
    // Each was laid in one piece, so it is found as one.
    expect(bytes.includes(content)).toBe(true);
  }
});

test('the log decides: after many rounds, when mounted, when frozen', async () => {
  const image = made();
  const copy = machine.path('copy.img');
  machine.mounted(image, 'xfs', (root) => {
    for (let round = 0; round < 6; round += 1) {
      for (let i = 0; i < 300; i += 1) writeFileSync(join(root, `${i}`), `${round}`);
      writeDurably(join(root, `durable ${round}`), 10_000);
    }
    copyFileSync(image, copy);
  });
  expect(run('xfs_logprint', '-t', copy)).toContain('<DIRTY>');
  expect(await readImage(copy)).toMatchObject({ state: 'unclean', stateReason: 'log needs recovery' });
  expect(run('xfs_logprint', '-t', image)).toContain('<CLEAN>');
  expect(await readImage(image)).toMatchObject({ state: 'clean' });
  // Emptied by force: xfs_repair begins a new round.
  run('xfs_repair', '-L', copy);
  expect(run('xfs_logprint', '-t', copy)).toContain('<CLEAN>');
  expect(await readImage(copy)).toMatchObject({ state: 'clean', noMapReason: undefined });
});

test('where free space cannot be told, it says why', async () => {
  const log = machine.image(100 * mebibyte);
  expect(await readImage(made('-l', `logdev=${log},size=64m`))).toMatchObject({
    allocated: undefined,
    noMapReason: 'its log is on another device',
  });
  const realTime = machine.image(100 * mebibyte);
  expect(await readImage(made('-r', `rtdev=${realTime}`))).toMatchObject({
    allocated: undefined,
    noMapReason: 'a part of it is on a real-time device',
  });
  expect((await readImage(made(), 399 * mebibyte)).noMapReason).toBe('it claims to be larger than the volume');
});

test('structures that were changed are not believed', async () => {
  const image = made();
  patch(image, 88, [0, 0, 0, 5]);
  expect((await readImage(image)).noMapReason).toContain('checksum');
  const header = made();
  patch(header, 512 + 52, [0, 0, 0, 9]);
  expect((await readImage(header)).noMapReason).toContain('has another checksum');
  const older = made('-m', 'crc=0,finobt=0');
  patch(older, 512 + 52, [0, 0, 0, 9]);
  expect((await readImage(older)).noMapReason).toContain('its header 9');
});
