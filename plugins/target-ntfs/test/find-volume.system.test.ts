import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { afterAll, expect, test } from '@jest/globals';
import { makeDisk, makeScratch, run, withLoop, type PartitionSpec } from '@sysimage/fixtures';
import { findVolume } from '../src/find-volume.js';
import { opener } from './surroundings.js';

const mebibyte = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());
const openPlace = opener(scratch.at('run'));

const ntfs: PartitionSpec = { type: 'ntfs', size: 4 * mebibyte, label: 'Backup' };
const ext4: PartitionSpec = { type: 'ext4', size: 4 * mebibyte };
const blank: PartitionSpec = { type: 'blank', size: 4 * mebibyte };

let disks = 0;
async function diskOf(...partitions: readonly PartitionSpec[]): Promise<string> {
  const path = scratch.at(`disk-${(disks += 1)}.img`);
  await makeDisk(path, { table: disks % 2 === 0 ? 'gpt' : 'mbr', size: 16 * mebibyte, partitions });
  return path;
}

/** A volume without a table. */
async function bareVolume(size = 8 * mebibyte): Promise<string> {
  const path = scratch.at(`bare-${(disks += 1)}.img`);
  await writeFile(path, '');
  await truncate(path, size);
  await run('mkntfs', '-FqQ', path);
  return path;
}

async function overwrite(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.byteLength, offset);
  await file.close();
}

/** Neither to be read nor to be written. */
async function refused(path: string, code: string, message: string, partition?: number): Promise<void> {
  const place = partition === undefined ? { path } : { path, partition };
  for (const purpose of ['read', 'write'] as const) {
    await expect(openPlace(place, purpose)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as unknown,
    });
  }
}

test('the only NTFS volume of a disk need not be named', async () => {
  const disk = await diskOf(ext4, ntfs, blank);
  expect(await findVolume(disk, undefined, 'write')).toMatchObject({
    partition: 2,
    kind: 'file',
    isWhole: false,
    mounts: [],
  });
  expect(await findVolume(disk, 2, 'write')).toMatchObject({
    partition: 2,
    content: { label: 'Backup', state: 'clean' },
  });
  const bare = await bareVolume();
  expect(await findVolume(bare, undefined, 'write')).toMatchObject({ partition: 0, start: 0, isWhole: true });
  await withLoop(bare, {}, async (device) => {
    expect(await findVolume(device, undefined, 'write')).toMatchObject({ partition: 0, kind: 'device', isWhole: true });
  });
});

test('one of several must be, and one that is there', async () => {
  const disk = await diskOf(ntfs, ext4, ntfs);
  await refused(disk, 'invalid', 'partitions 1, 3');
  await refused(disk, 'unsupported', `partition 2 of ${disk} holds ext4`, 2);
  await refused(disk, 'not-found', 'no partition 4', 4);
  expect(await findVolume(disk, 3, 'write')).toMatchObject({ partition: 3 });
});

test('the volume that a disk was before it got its table is none any more', async () => {
  const disk = await diskOf(ext4, ntfs);
  // What some partitioners keep of the first sector, and all of the volume that is not overwritten yet.
  const former = await readFile(await bareVolume(16 * mebibyte));
  await overwrite(disk, 0, former.subarray(0, 440));
  expect(await findVolume(disk, undefined, 'write')).toMatchObject({ partition: 2, isWhole: false });
});

test('whatever is no NTFS is refused by its name', async () => {
  await refused(
    await diskOf(ext4, blank),
    'unsupported',
    'partition 1 holds ext4, partition 2 holds nothing that is known',
  );
  const unformatted = scratch.at('unformatted.img');
  await writeFile(unformatted, new Uint8Array(mebibyte));
  await refused(unformatted, 'unsupported', 'no file system that is known');
  await writeFile(unformatted, '');
  await refused(unformatted, 'unsupported', 'no file system that is known');
  await truncate(unformatted, 8 * mebibyte);
  await run('mkfs.ext4', '-q', '-F', unformatted);
  await refused(unformatted, 'unsupported', 'holds ext4');
  await refused(scratch.at('not-there.img'), 'not-found', 'not-there.img', 1);
  await refused('/dev/not-there', 'not-found', '/dev/not-there');
  await refused(scratch.path, 'invalid', scratch.path, 1);
});

test('a volume that is cut short, or whose boot sector makes no sense, is damaged', async () => {
  const bare = await bareVolume();
  await truncate(bare, 6 * mebibyte);
  await expect(openPlace({ path: bare })).rejects.toMatchObject({ code: 'corrupt' });
  const broken = await bareVolume();
  // Sectors per cluster.
  await overwrite(broken, 13, Uint8Array.of(3));
  await refused(broken, 'corrupt', 'clusters');
  const wild = await bareVolume();
  // The cluster where the file table starts.
  await overwrite(wild, 48, new Uint8Array(8).fill(0x7f));
  await refused(wild, 'corrupt', 'cannot be trusted');
  const empty = await bareVolume();
  await overwrite(empty, 4 * 4096, new Uint8Array(64 * 1024));
  await expect(openPlace({ path: empty })).rejects.toMatchObject({ code: 'corrupt' });
  await expect(openPlace({ path: empty }, 'read')).rejects.toMatchObject({ code: 'unavailable' });
  await rm(empty);
});
