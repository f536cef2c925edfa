import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DisksBelow, FileSystemBelow } from '@sysimage/core/plugin';
import { deviceNumber } from '../src/device-number.js';
import { createDisks } from '../src/index.js';

// Real loop devices and mounts: needs root.

const mebibyte = 2 ** 20;
const disks = createDisks();
let folder: string;
let image: string;
let undo: (() => unknown)[];

const run = (command: string, ...words: readonly string[]): string =>
  execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sysimage-loop-'));
  image = join(folder, 'disk image');
  writeFileSync(image, '');
  truncateSync(image, 64 * mebibyte);
  undo = [];
});
afterEach(() => {
  for (const step of undo.toReversed()) step();
  rmSync(folder, { recursive: true });
});

function attach(path: string, ...options: readonly string[]): string {
  const device = run('losetup', '--show', '-f', ...options, path);
  undo.push(() => run('losetup', '-d', device));
  return device;
}

function mount(what: string, ...options: readonly string[]): string {
  const mountPoint = mkdtempSync(join(folder, 'mount point '));
  run('mount', ...options, what, mountPoint);
  undo.push(() => run('umount', mountPoint));
  return mountPoint;
}

/** Without the file systems on the way, which are others for each. */
async function below(path: string): Promise<unknown> {
  const { fileSystems: _, ...physical } = await disks.disksBelow(path);
  return physical;
}

function devicesOf(found: DisksBelow): { readonly known: object; readonly fileSystems: readonly FileSystemBelow[] } {
  const { fileSystems = [], ...known } = found;
  return { known, fileSystems };
}

test('a loop device: size, bytes, and the disks below its file', async () => {
  const device = attach(image, '-o', `${mebibyte}`, '--sizelimit', `${20 * mebibyte}`);
  const source = await disks.openSource(device);
  expect(source).toMatchObject({ kind: 'device', size: 20 * mebibyte, sectorSize: 512, mounts: [] });
  const ground = await disks.disksBelow(image);
  expect(await disks.disksBelow(device)).toEqual(ground);
  if (ground.known) expect(source.physicalDisks).toEqual(ground.disks);
  await source.read(20 * mebibyte - 8, new Uint8Array(8));
  await expect(source.read(20 * mebibyte - 4, new Uint8Array(8))).rejects.toMatchObject({ code: 'corrupt' });
  await source.close();
  expect((await disks.list()).map((disk) => disk.path)).toContain(device);

  const destination = await disks.openDestination(device, mebibyte);
  expect(destination).toMatchObject({ kind: 'device', size: 20 * mebibyte, fresh: false });
  await destination.write(4096, Buffer.from('hello'));
  await destination.flush();
  await destination.close({ discard: true });
  const file = await disks.openSource(image);
  const into = Buffer.alloc(5);
  await file.read(mebibyte + 4096, into);
  expect(into.toString()).toBe('hello');
  await file.close();
});

test('a mounted part makes device and file busy, and shows where it lies', async () => {
  const device = attach(image, '-o', `${mebibyte}`);
  run('mkfs.ext4', '-q', device);
  const mountPoint = mount(device, '-o', 'ro');
  for (const [path, offset] of [
    [device, 0],
    [image, mebibyte],
  ] as const) {
    const source = await disks.openSource(path);
    expect(source.mounts).toMatchObject([{ mountPoint, readOnly: true, offset }]);
    await source.close();
    await expect(disks.openDestination(path, 64 * mebibyte)).rejects.toMatchObject({
      code: 'busy',
      message: `${path} is mounted at ${mountPoint}`,
      remedy: `Unmount ${mountPoint} first.`,
    });
  }
  expect(await below(mountPoint)).toEqual(await below(image));
});

test('what uses a device otherwise makes it busy, too', async () => {
  const device = attach(image);
  run('mkswap', '-q', device);
  run('swapon', device);
  try {
    await expect(disks.openDestination(device, 64 * mebibyte)).rejects.toMatchObject({
      code: 'busy',
      message: `${device} is in use`,
      remedy: expect.stringContaining('swap') as unknown,
    });
  } finally {
    run('swapoff', device);
  }
});

test('what is mounted where it cannot be seen is in use, and swap space is not', async () => {
  const device = attach(image);
  run('mkfs.ext4', '-q', device);
  const mountsOf = async (path: string): Promise<unknown> => {
    const source = await disks.openSource(path);
    await source.close();
    return source.mounts;
  };
  expect(await mountsOf(device)).toEqual([]);
  // A mount of its own, as all that unshare could make private is the root, which need be none.
  const hidden = mount('tmpfs', '-t', 'tmpfs');
  run('mount', '--make-private', hidden);
  const script = 'mount "$1" "$2" && echo mounted && read -r _; umount "$2"';
  const mountPoint = mkdtempSync(join(hidden, 'here '));
  const words = ['--mount', '--propagation', 'unchanged', 'sh', '-c', script, 'sh', device, mountPoint];
  const other = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(other, 'exit');
  try {
    expect(await Promise.race([once(other.stdout, 'data').then(String), ended])).toBe('mounted\n');
    const mounts = [{ mountPoint: 'a place that cannot be seen from here', readOnly: false, offset: 0 }];
    expect(await mountsOf(device)).toEqual(mounts);
    expect(await mountsOf(image)).toEqual(mounts);
  } finally {
    other.stdin.end();
    await ended;
  }
  run('mkswap', '-q', device);
  run('swapon', device);
  try {
    expect(await mountsOf(device)).toEqual([]);
  } finally {
    run('swapoff', device);
  }
});

test('NTFS through FUSE, over a device and over the file itself', async () => {
  run('mkntfs', '-q', '-F', '-f', image);
  const device = attach(image);
  const first = mount(device, '-t', 'ntfs-3g');
  const ground = await below(image);
  const source = await disks.openSource(image);
  expect(source.mounts).toMatchObject([{ mountPoint: first, readOnly: false, offset: 0 }]);
  await source.close();
  expect(await below(first)).toEqual(ground);
  await expect(disks.openDestination(image, 0)).rejects.toMatchObject({ code: 'busy' });

  run('umount', first);
  undo.pop();
  const second = mount(image, '-t', 'ntfs-3g');
  expect(deviceNumber(statSync(second, { bigint: true }).dev)).toMatch(/^0:/u);
  const again = await disks.openSource(image);
  expect(again.mounts).toMatchObject([{ mountPoint: second, readOnly: false }]);
  await again.close();
  expect(await below(second)).toEqual(ground);
  await expect(disks.openDestination(image, 0)).rejects.toMatchObject({ code: 'busy' });
});

test('a stack of loops', async () => {
  run('mkfs.ext4', '-q', '-F', image);
  const mountPoint = mount(image, '-o', 'loop');
  const inner = join(mountPoint, 'inner');
  writeFileSync(inner, '');
  truncateSync(inner, mebibyte);
  const device = attach(inner);
  expect(await below(device)).toEqual(await below(image));
});

test('btrfs over two devices', async () => {
  const images = ['first', 'second'].map((name) => join(folder, name));
  const devices = images.map((path) => {
    writeFileSync(path, '');
    truncateSync(path, 120 * mebibyte);
    return attach(path);
  });
  run('mkfs.btrfs', '-q', ...devices);
  const mountPoint = mount(devices[0] ?? '');
  expect(await below(mountPoint)).toEqual(await below(image));
  for (const path of [...images, ...devices]) {
    const source = await disks.openSource(path);
    expect(source.mounts).toMatchObject([{ mountPoint, readOnly: false, offset: 0 }]);
    await source.close();
    await expect(disks.openDestination(path, 0)).rejects.toMatchObject({ code: 'busy' });
  }
});

test('bind mounts and overlays are the file system that they show', async () => {
  const kept = devicesOf(await disks.disksBelow(image));
  run('mkfs.ext4', '-q', '-F', image);
  const mountPoint = mount(image, '-o', 'loop');
  const [inner] = (await disks.disksBelow(mountPoint)).fileSystems ?? [];
  for (const name of ['bound', 'lower:1', 'upper', 'work']) mkdirSync(join(mountPoint, name));
  const bound = mount(join(mountPoint, 'bound'), '--bind');
  expect((await disks.disksBelow(join(bound, 'not', 'yet'))).fileSystems).toEqual([
    { ...inner, mountPoint: expect.stringMatching(/mount point/u) },
    ...kept.fileSystems,
  ]);
  const below = join(mountPoint, 'lower:1').replace(':', '\\:');
  const options = `lowerdir=${below},upperdir=${join(mountPoint, 'upper')},workdir=${join(mountPoint, 'work')}`;
  const overlay = mount('overlay', '-t', 'overlay', '-o', options);
  const found = await disks.disksBelow(overlay);
  expect(found).toMatchObject(kept.known);
  expect(found.fileSystems?.map(({ type }) => type)).toEqual([
    'overlay',
    'ext4',
    ...kept.fileSystems.map(({ type }) => type),
  ]);
  const memory = mount('tmpfs', '-t', 'tmpfs');
  expect(await disks.disksBelow(memory)).toMatchObject({ known: true, disks: [], fileSystems: [{ keeper: 'memory' }] });
});

test('a volume that is mounted twice is one file system, and the inventory shows both', async () => {
  run('mkfs.ext4', '-q', '-F', image);
  const device = attach(image);
  const points = [mount(device), mount(device)];
  const source = await disks.openSource(device);
  await source.close();
  expect(source.mounts.map(({ mountPoint }) => mountPoint)).toEqual(points);
  expect(new Set(source.mounts.map(({ fileSystem }) => fileSystem)).size).toBe(1);
  const listed = (await disks.list()).find(({ path }) => path === device);
  expect(listed).toMatchObject({
    backingFile: image,
    volumes: [{ partition: 0, start: 0, fileSystem: 'ext4', mounts: points.map((mountPoint) => ({ mountPoint })) }],
  });
});

test('a file system that is full', async () => {
  run('mkfs.ext4', '-q', '-F', image);
  const mountPoint = mount(image, '-o', 'loop');
  const path = join(mountPoint, 'restored');
  const destination = await disks.openDestination(path, 200 * mebibyte);
  const fill = async (): Promise<void> => {
    for (let at = 0; at < 100; at += 1) await destination.write(at * mebibyte, new Uint8Array(mebibyte).fill(1));
    await destination.flush();
  };
  await expect(fill()).rejects.toMatchObject({ code: 'no-space' });
  await destination.close({ discard: true });
});
