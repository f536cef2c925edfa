import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  acceptsTable,
  changeTree,
  fillTree,
  fsck,
  hashTree,
  makeDisk,
  noise,
  withVolume,
  type Disk,
  type DiskSpec,
} from '@sysimage/fixtures';

const mebi = 1024 * 1024;

/** SHA-256 of all files, by number of the partition. */
export type Trees = ReadonlyMap<number, ReadonlyMap<string, string>>;

export interface Life {
  /** In a volume; of a FAT volume a fifth of that, because its files take the longest way. */
  readonly files: number;
  readonly largest: number;
  /** Bytes of the file whose place is freed after the first version and taken again after the second. */
  readonly trap: number;
}

/** Makes a disk with files in every volume, and a large one in each, whose place will be wanted again. */
export async function settle(path: string, spec: DiskSpec, life: Life): Promise<{ disk: Disk; trees: Trees }> {
  const disk = await makeDisk(path, spec);
  const trees = await inEveryVolume(disk, async (folder, number) => {
    await writeFile(join(folder, 'trap.bin'), noise(`trap ${number}`, life.trap));
    const files = disk.partitions[number - 1]?.type === 'fat32' ? Math.ceil(life.files / 5) : life.files;
    await fillTree(folder, { files, seed: number, largest: life.largest });
  });
  return { disk, trees };
}

/** Frees the place of the large file, and lives on. */
export async function freeTheTrap(disk: Disk, life: Life): Promise<Trees> {
  return inEveryVolume(disk, async (folder, number) => {
    await changeTree(folder, 100 + number, life.largest);
    await rm(join(folder, 'trap.bin'));
  });
}

/** Lives on, and takes nearly all space that is free: so also that of the large file. */
export async function springTheTrap(disk: Disk, life: Life): Promise<Trees> {
  return inEveryVolume(disk, async (folder, number) => {
    await changeTree(folder, 200 + number, life.largest);
    const { bavail, bsize } = await statfs(folder);
    // The files of a FAT volume lie in a folder of this machine while they are changed.
    const free = disk.partitions[number - 1]?.type === 'fat32' ? life.trap : bavail * bsize - 2 * mebi;
    await writeFile(join(folder, 'taken again.bin'), noise(`taken again ${number}`, Math.min(free, 64 * mebi)));
  });
}

async function inEveryVolume(disk: Disk, work: (folder: string, number: number) => Promise<void>): Promise<Trees> {
  const trees = new Map<number, ReadonlyMap<string, string>>();
  for (const { number } of disk.partitions) {
    const tree = await withVolume(disk, number, async (folder) => {
      await work(folder, number);
      return hashTree(folder);
    });
    trees.set(number, tree);
  }
  return trees;
}

/** All files of a disk. Mounts its volumes read-only. */
export async function readTrees(disk: Disk): Promise<Trees> {
  const trees = new Map<number, ReadonlyMap<string, string>>();
  for (const { number } of disk.partitions) {
    trees.set(number, await withVolume(disk, number, hashTree, { readOnly: true }));
  }
  return trees;
}

/** Rejects unless partition tools and the checkers of all its file systems find the disk sound. */
export async function assertSound(disk: Disk): Promise<void> {
  const { partitions } = await acceptsTable(disk.path);
  const found = partitions.map(({ offset, size }) => `${offset}+${size}`).join();
  const expected = disk.partitions.map(({ offset, size }) => `${offset}+${size}`).join();
  if (found !== expected) throw new Error(`${disk.path} has partitions ${found}, not ${expected}`);
  for (const { number } of disk.partitions) await fsck(disk, number);
}

const smallSpec: DiskSpec = {
  table: 'gpt',
  size: 80 * mebi,
  partitions: [
    { type: 'fat32', size: 36 * mebi, label: 'ESP', tableType: 'U' },
    { type: 'ext4', label: 'home' },
  ],
};

/** A disk that is quickly made, with some files in two volumes. */
export async function settleSmall(path: string, change: Partial<DiskSpec> = {}): Promise<{ disk: Disk; trees: Trees }> {
  return settle(path, { ...smallSpec, ...change }, { files: 60, largest: mebi / 2, trap: mebi });
}
