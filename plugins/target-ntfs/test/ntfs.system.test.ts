import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { completeTarget, type Host } from '@sysimage/core/plugin';
import { makeDisk, makeScratch, run, withVolume, type Disk } from '@sysimage/fixtures';
import { layeredCases } from '@sysimage/layered-kit';
import { conformance, type KitSetup } from '@sysimage/target-kit';
import { ntfs } from '../src/index.js';

const host: Host = {
  now: () => new Date(),
  log: () => undefined,
  random: (length) => randomBytes(length),
  disksBelow: () => Promise.resolve({ known: false, why: 'a test' }),
  requestMedium: () => Promise.resolve(),
};
const mebibyte = 1024 * 1024;

let scratch: Awaited<ReturnType<typeof makeScratch>>;
let disk: Disk;
let volume: string;
let unmount: () => void;
let unmounted: Promise<void>;

// One real ntfs-3g mount for all cases; each gets a folder of its own.
beforeAll(async () => {
  scratch = await makeScratch();
  disk = await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: 300 * mebibyte,
    partitions: [
      { type: 'ntfs', size: 200 * mebibyte, label: 'Backup' },
      { type: 'ext4', size: 64 * mebibyte, label: 'other' },
    ],
  });
  await new Promise<void>((resolve, reject) => {
    unmounted = withVolume(disk, 1, async (folder) => {
      volume = folder;
      await new Promise<void>((end) => {
        unmount = end;
        resolve();
      });
    });
    unmounted.catch(reject);
  });
}, 120_000);

afterAll(async () => {
  unmount();
  await unmounted;
  await scratch.remove();
}, 60_000);

const setup: KitSetup = {
  facets: ntfs.facets,
  open: async () => {
    const folder = await mkdtemp(join(volume, 'case-'));
    const place = { url: `ntfs:${join(folder, 'target')}` };
    const reopen = async () => completeTarget<never>(await ntfs.open(place, host, 'write'));
    return { target: await reopen(), reopen, dispose: () => Promise.resolve() };
  },
};
test.each(conformance(setup).cases)('$name', ({ run }) => run(), 60_000);
test.each(layeredCases({ ...setup, manyObjects: 20 }))('$name', ({ run }) => run(), 60_000);

test('is an NTFS volume that keeps versions', async () => {
  const target = completeTarget<never>(await ntfs.open({ options: { path: volume } }, host, 'read'));
  expect(target.traits).toMatchObject({ fileSystem: 'ntfs', medium: 'disk', location: volume });
  expect(target.capabilities).toMatchObject({ shadowCopies: 'engine', singleVersion: false, randomWrite: true });
});

test('tells of the volume, of holes, and of folders whose files become compressed', async () => {
  const compressed = join(volume, 'compressed');
  await mkdir(compressed);
  // FILE_ATTRIBUTE_DIRECTORY and FILE_ATTRIBUTE_COMPRESSED.
  await run('setfattr', '-n', 'system.ntfs_attrib_be', '-v', '0x00000810', compressed);
  await mkdir(join(volume, 'plain'));
  await run('sync', '--file-system', volume);
  const view = await mkdtemp(scratch.at('view-'));
  await run('mount', '--bind', compressed, view);
  try {
    for (const [path, isCompressed] of [
      [compressed, true],
      [join(compressed, 'not', 'yet'), true],
      [join(volume, 'plain'), false],
      [view, true],
    ] as const) {
      const { traits } = await ntfs.open({ options: { path } }, host, 'write');
      expect(traits.volume).toEqual({
        label: 'Backup',
        clusterSize: 4096,
        state: 'clean',
        compressed: isCompressed,
        sparse: true,
      });
    }
  } finally {
    await run('umount', view);
  }
});

test('a folder on ext4 is refused, by name', async () => {
  await withVolume(disk, 2, async (folder) => {
    await mkdir(join(folder, 'backups'));
    await expect(ntfs.open({ url: `ntfs:${join(folder, 'backups')}` }, host, 'write')).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('ext4') as unknown,
    });
  });
});
