import { afterAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { attempt, makeScratch, run, waitUntil } from '@sysimage/fixtures';
import {
  attemptHere,
  listAt,
  lookAt,
  mountAgain,
  mountExt4,
  mountTmpfs,
  numberAt,
  sysimage,
  sysimageHere,
  textAt,
  ToyDisk,
  unmount,
} from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const disk = new ToyDisk(20 * mebi);
const path = scratch.at('disk.img');

function change(seed: number): void {
  for (let block = 300; block < 3600; block += seed === 0 ? 1 : 2) disk.fill(block, 1 + ((block + seed) % 199));
  writeFileSync(path, disk.bytes);
}

const backUp = (target: string, source = path): readonly string[] => [
  'backup',
  '--disk',
  source,
  '--to',
  `dir:${target}`,
  '--computer',
  'pc',
  '--json',
];

async function assertRestores(target: string, version: string, wanted: Uint8Array, expected = 0): Promise<void> {
  const to = scratch.at('restored.img');
  const { code, stderr } = await attemptHere('restore', version, '--from', `dir:${target}`, '--disk', to);
  expect({ code, stderr }).toMatchObject({ code: expected });
  const found = readFileSync(to);
  rmSync(to);
  expect(Buffer.compare(found, wanted)).toBe(0);
}

test('a target that is full at any moment of a backup: the older version is whole, and the space is given back', async () => {
  const target = scratch.at('full');
  await mountExt4(target, 96 * mebi);
  change(0);
  const first = textAt(await sysimageHere(...backUp(target)), 'version', 'id');
  const before = disk.canonical();
  const imageBytes = lookAt(target, 'pc').imageBytes;
  change(1);
  let full = 0;
  for (const kibi of [16, 96, 300, 1000, 2000, 3500, 5000, 6400]) {
    const { bavail, bsize } = statfsSync(target);
    const other = `${target}/other.bin`;
    await run('fallocate', '--length', String(bavail * bsize - kibi * 1024), other);
    const { code } = await attemptHere(...backUp(target));
    if (code !== 0) {
      expect(code).toBe(15);
      full += 1;
      expect(lookAt(target, 'pc')).toMatchObject({ leases: 0, marks: 0, versions: 1, layers: 0, imageBytes });
      await assertRestores(target, first, before);
    }
    rmSync(other);
    if (code === 0) break;
  }
  expect(full).toBeGreaterThanOrEqual(6);
  const second = textAt(await sysimageHere(...backUp(target)), 'version', 'id');
  await assertRestores(target, first, before);
  await assertRestores(target, second, disk.canonical());
}, 120_000);

test('a full target whose image has holes: what the run did not come to needs no room when it is taken back', async () => {
  const target = scratch.at('holes');
  // The footer of an image of eight blocks stands at the beginning of a page, and has it for itself.
  await mountExt4(target, 64 * mebi);
  const sparse = new ToyDisk(16 * mebi);
  const source = scratch.at('sparse.img');
  const fillEachGrain = (offset: number): void => {
    for (let block = 16; block < sparse.blockCount; block += 16) sparse.fill(block + offset, 1 + offset);
    writeFileSync(source, sparse.bytes);
  };
  fillEachGrain(0);
  const first = textAt(await sysimageHere(...backUp(target, source)), 'version', 'id');
  const before = sparse.canonical();
  fillEachGrain(5);
  const { bavail, bsize } = statfsSync(target);
  // What is displaced takes some fourteen MiB: not all of it fits, or not all that comes in its place.
  for (const room of [10, 20]) {
    const other = `${target}/other.bin`;
    await run('fallocate', '--length', String(bavail * bsize - room * mebi), other);
    expect((await attemptHere(...backUp(target, source))).code).toBe(15);
    expect(lookAt(target, 'pc')).toMatchObject({ leases: 0, marks: 0, versions: 1, layers: 0 });
    await assertRestores(target, first, before);
    rmSync(other);
  }
  const second = textAt(await sysimageHere(...backUp(target, source)), 'version', 'id');
  await assertRestores(target, first, before);
  await assertRestores(target, second, sparse.canonical());
  await sysimageHere('verify', '--from', `dir:${target}`);
}, 60_000);

test('a target whose medium does not take what is flushed: that is no version, and the older one survives', async () => {
  const medium = scratch.at('medium');
  await mountTmpfs(medium, 44 * mebi);
  const target = `${medium}/target`;
  await mountExt4(target, 200 * mebi);
  change(2);
  const first = textAt(await sysimageHere(...backUp(target)), 'version', 'id');
  const before = disk.canonical();
  // What the loop device cannot put into its file becomes an error of the medium.
  const { bavail, bsize } = statfsSync(medium);
  await run('fallocate', '--length', String(bavail * bsize - 2 * mebi), `${medium}/other.bin`);
  change(3);
  // A process of its own: its lease, which it cannot take away there, ends with it.
  const { code } = await sysimage(...backUp(target));
  // Kernels tell of the same mishap as no space or as an error of the device.
  expect(code).not.toBe(0);

  await unmount(target);
  rmSync(`${medium}/other.bin`);
  await run('mount', '-o', 'remount,size=200m', medium);
  await attempt('e2fsck', '-f', '-y', `${target}.ext4`);
  await mountAgain(target);
  await assertRestores(target, first, before);
  const second = textAt(await sysimageHere(...backUp(target)), 'version', 'id');
  await assertRestores(target, first, before);
  await assertRestores(target, second, disk.canonical());
  await sysimageHere('verify', '--from', `dir:${target}`);
  await unmount(target);
}, 120_000);

test('a disk with a sector that cannot be read: all but that is there, and said', async () => {
  change(4);
  const sick = scratch.at('sick.img');
  writeFileSync(sick, '');
  const bad = disk.offsetOf(1501);
  const blockdev = (node: object): string[] => ['--blockdev', JSON.stringify(node)];
  const daemon = spawn(
    'qemu-storage-daemon',
    [
      ...blockdev({ driver: 'file', 'node-name': 'file', filename: path }),
      ...blockdev({
        driver: 'blkdebug',
        'node-name': 'sick',
        image: 'file',
        'inject-error': [{ event: 'read_aio', errno: 5, sector: bad / 512 }],
      }),
      ...blockdev({ driver: 'raw', 'node-name': 'disk', file: 'sick', 'read-only': true }),
      '--export',
      `type=fuse,id=export,node-name=disk,mountpoint=${sick},writable=off`,
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => daemon.on('close', resolve));
  try {
    await waitUntil('the disk is there', () => Promise.resolve(statSync(sick).size === disk.bytes.length));
    const target = scratch.at('target');
    const { code, result } = await attemptHere(...backUp(target, sick));
    expect(code).toBe(3);
    const lost = numberAt(listAt(result, 'version', 'disks')[0], 'unreadableBytes');
    expect(lost).toBeGreaterThanOrEqual(512);
    expect(lost).toBeLessThanOrEqual(4096);
    const wanted = disk.canonical();
    wanted.fill(0, bad, bad + lost);
    await assertRestores(target, textAt(result, 'version', 'id'), wanted, 3);
  } finally {
    daemon.kill();
    await ended;
  }
}, 60_000);
