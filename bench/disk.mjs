// The disk that all tools are measured with: GPT, ESP, MSR, and an NTFS volume two thirds full of real files of this system.
import {
  closeSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readFileSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { randomFillSync } from 'node:crypto';
import { basename, join } from 'node:path';
import { makeDisk, withVolume } from '../test/fixtures/dist/src/index.js';

const mebibyte = 1024 * 1024;
const grain = 65_536;
const roots = ['/usr/lib', '/usr/bin', '/usr/share', '/opt'];
/** Parts of the disk: files of the system, and bytes that nothing can compress. */
const fileShare = 0.56;
const randomShare = 0.09;
const volumeNumber = 3;
const randomFile = 'random.bin';

/** `size`: MiB. Returns the disk as the fixtures describe it. */
export async function makeBenchDisk(path, size) {
  const disk = await makeDisk(path, {
    table: 'gpt',
    size: size * mebibyte,
    partitions: [
      { type: 'fat32', size: 100 * mebibyte, label: 'ESP', tableType: 'U' },
      { type: 'blank', size: 16 * mebibyte, label: 'MSR', tableType: 'E3C9E316-0B5C-4DB8-817D-F92DF00215AE' },
      { type: 'ntfs', label: 'Windows' },
    ],
  });
  await withVolume(disk, volumeNumber, async (folder) => {
    writeRandom(join(folder, randomFile), randomShare * size);
    copyFiles(folder, fileShare * size * mebibyte);
  });
  return disk;
}

/** Where the NTFS volume lies: `offset` and `size`, bytes. */
export function windowsVolume(disk) {
  return disk.partitions[volumeNumber - 1];
}

/** Overwrites 4 KiB in every grain of a piece of the volume that is as large as 1 % of all that is in use. */
export async function changeBenchDisk(disk, round) {
  const grains = Math.round((disk.size * (fileShare + randomShare)) / grain / 100);
  const bytes = Buffer.alloc(4096, round + 1);
  await withVolume(disk, volumeNumber, async (folder) => {
    const file = openSync(join(folder, randomFile), 'r+');
    for (let i = 0; i < grains; i += 1) writeSync(file, bytes, 0, bytes.length, i * grain);
    closeSync(file);
  });
}

function writeRandom(path, size) {
  const file = openSync(path, 'wx');
  const bytes = Buffer.alloc(mebibyte);
  for (let at = 0; at < size; at += 1) writeSync(file, randomFillSync(bytes));
  closeSync(file);
}

/** Files as they come, in order of their names, until there are enough. */
function copyFiles(folder, wanted) {
  let left = wanted;
  for (const [number, root] of roots.entries()) {
    for (const path of filesBelow(root)) {
      const size = lstatSync(path).size;
      if (size > left) continue;
      const copy = join(folder, String(number), path.slice(root.length));
      mkdirSync(join(copy, '..'), { recursive: true });
      writeFileSync(copy, readFileSync(path));
      left -= size;
      if (left < mebibyte) return;
    }
  }
  const { bavail, bsize } = statfsSync(folder);
  throw new Error(`this system has too few files: ${left} bytes are missing, ${bavail * bsize} are free`);
}

function* filesBelow(folder) {
  const entries = [];
  const directory = opendirSync(folder);
  for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) entries.push(entry);
  directory.closeSync();
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    // What NTFS has no name for stays out.
    if (/[<>:"|?*\\]|[. ]$/u.test(basename(entry.name))) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}
