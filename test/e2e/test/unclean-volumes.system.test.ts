import { afterAll, expect, test } from '@jest/globals';
import { open } from 'node:fs/promises';
import {
  copyImage,
  fsck,
  hashTree,
  makeScratch,
  noise,
  partitionOf,
  run,
  withLoop,
  withVolume,
  type Disk,
  type DiskPartition,
} from '@sysimage/fixtures';
import { at, attemptHere, listAt, settle, succeedHere, textAt, withMount } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const { disk: clean, trees } = await settle(
  scratch.at('clean.img'),
  {
    table: 'gpt',
    size: 128 * mebi,
    partitions: [
      { type: 'fat32', size: 36 * mebi, label: 'ESP', tableType: 'U' },
      { type: 'ntfs', size: 32 * mebi, label: 'Windows' },
      { type: 'ext4', label: 'home' },
    ],
  },
  { files: 60, largest: mebi / 2, trap: mebi },
);

/** Leaves one volume of a disk as if the machine had stopped; gives the files that it must have. */
type Spoil = (disk: Disk, partition: DiskPartition) => Promise<ReadonlyMap<string, string>>;

function filesOf(number: number): ReadonlyMap<string, string> {
  return trees.get(number) ?? new Map<string, string>();
}

/** The disk is copied while the volume is mounted: what was synced is in the journal, or where it belongs. */
const copyWhileMounted: Spoil = async ({ path }, partition) => {
  const running = `${path}-running`;
  await copyImage(clean.path, running);
  return withLoop(running, { offset: partition.offset, size: partition.size }, (device) =>
    withMount(device, `${path}-mounted`, 'rw', async () => {
      const folder = `${path}-mounted`;
      for (let index = 0; index < 40; index += 1) {
        const file = await open(`${folder}/journalled ${index}.bin`, 'w');
        await file.write(noise(index, 20_000 + index));
        await file.sync();
        await file.close();
      }
      await run('sh', '-c', 'rm "$1"/trap.bin && sync "$1"', 'sh', folder);
      await copyImage(running, path);
      expect(await run('dumpe2fs', '-h', device)).toContain('needs_recovery');
      return hashTree(folder);
    }),
  );
};

const setDirtyFlag: Spoil = async ({ path }, { number, offset, size }) => {
  await withLoop(path, { offset, size }, (device) => run('ntfsfix', device));
  return filesOf(number);
};

async function changeByte(path: string, offset: number, change: (byte: number) => number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = new Uint8Array(1);
  await file.read(byte, 0, 1, offset);
  await file.write(Uint8Array.of(change(byte[0] ?? 0)), 0, 1, offset);
  await file.close();
}

/** As Linux does while a volume is mounted: bit 0 of byte 65 of the boot sector. */
const setDirtyBit: Spoil = async ({ path }, { number, offset }) => {
  await changeByte(path, offset + 65, (byte) => byte | 1);
  return filesOf(number);
};

/** As Windows does: bit 27 of the second entry of every FAT is cleared. */
const clearShutdownBit: Spoil = async ({ path }, { number, offset, size }) => {
  const said = await withLoop(path, { offset, size, readOnly: true }, (device) => run('fsck.fat', '-nv', device));
  const first = Number(/First FAT starts at byte (\d+)/u.exec(said)?.[1]);
  const length = Number(/(\d+) bytes per FAT/u.exec(said)?.[1]);
  for (const fat of [first, first + length]) await changeByte(path, offset + fat + 7, (byte) => byte & ~0x08);
  return filesOf(number);
};

test.each<readonly [string, number, Spoil]>([
  ['ext4, copied while it was mounted', 3, copyWhileMounted],
  ['NTFS, marked as dirty', 2, setDirtyFlag],
  ['FAT32, in use by Linux', 1, setDirtyBit],
  ['FAT32, not shut down by Windows', 1, clearShutdownBit],
])('a volume that was not closed in order is copied whole: %s', async (name, number, spoil) => {
  const disk = { ...clean, path: scratch.at(`${name}.img`) };
  await copyImage(clean.path, disk.path);
  const partition = partitionOf(disk, number);
  const files = await spoil(disk, partition);
  const target = `dir:${scratch.at(`${name} target`)}`;

  const { code, result } = await attemptHere(
    'backup',
    '--disk',
    disk.path,
    '--to',
    target,
    '--computer',
    'pc',
    '--json',
  );
  expect({ code, consistency: at(result, 'version', 'consistency') }).toEqual({ code: 0, consistency: 'crash' });
  const volumes = listAt(result, 'version', 'disks', 0, 'volumes');
  expect(volumes.map((volume) => at(volume, 'copied'))).toEqual(
    clean.partitions.map((each) => (each.number === number ? 'whole' : 'used')),
  );
  const findings = listAt(result, 'version', 'findings');
  const finding = findings.find((each) => at(each, 'policy') === 'source/volume-not-clean');
  expect(finding).toMatchObject({ severity: 'warn', subject: `disks/0/volumes/${number - 1}` });
  expect(textAt(finding, 'message')).toContain(`partition ${number}`);

  const restored = { ...disk, path: scratch.at(`${name} restored.img`) };
  await succeedHere('restore', 'latest', '--from', target, '--disk', restored.path);
  // Every byte of that volume, in use or not.
  const skip = `--ignore-initial=${partition.offset}`;
  await run('cmp', skip, `--bytes=${partition.size}`, disk.path, restored.path);
  // Mounted for writing, so that a journal is replayed.
  expect(await withVolume(restored, number, hashTree)).toEqual(files);
  for (const other of clean.partitions.filter((each) => each.number !== number)) {
    await fsck(restored, other.number);
    expect(await withVolume(restored, other.number, hashTree, { readOnly: true })).toEqual(trees.get(other.number));
  }
  if (partition.type === 'ext4') await fsck(restored, number);
});
