// Makes disk.img.br, change.br and disk.json: `npm run build && sudo node test/demo/generate.mjs`.
//
// 1. a GPT disk with three volumes, each made, mounted and filled by Debian's tools   2. compressed
// 3. files changed, added, deleted on the mounted volumes                             4. the difference, compressed
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { acceptsTable, fsck, makeDisk, makeScratch, run, withVolume } from '../fixtures/dist/src/index.js';
import { letter, picture, program, table } from './files.mjs';

const here = import.meta.dirname;
const mebi = 1024 * 1024;
const sectorSize = 512;

const description = {
  table: 'gpt',
  size: 96 * mebi,
  id: '7D2C6C53-0B1A-4F7E-9C66-2F0E5A1D9B10',
  partitions: [
    { type: 'fat32', size: 36 * mebi, label: 'SYSTEM', tableType: 'U', options: ['-s', '1', '-i', '20240229'] },
    { type: 'ntfs', size: 30 * mebi, label: 'Windows' },
    {
      type: 'ext4',
      size: 26 * mebi,
      label: 'home',
      options: ['-b', '4096', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
    },
  ],
};

/** Partition number to what is written there, by path. */
const contents = {
  1: {
    'EFI/BOOT/BOOTX64.EFI': program('loader', 150_000),
    'EFI/debian/grub.cfg': Buffer.from('search --label home --set=root\nlinux /vmlinuz root=LABEL=home ro quiet\n'),
    'EFI/debian/shimx64.efi': program('shim', 90_000),
  },
  2: {
    'Users/Anna/Documents/Letter to the bank.txt': letter('bank', 12),
    'Users/Anna/Documents/Novel.txt': letter('novel', 900),
    'Users/Anna/Documents/Accounts 2024.csv': table('accounts', 9000),
    'Users/Anna/Pictures/Lake.bmp': picture('lake', 1200, 800),
    'Users/Anna/Pictures/Mountains.bmp': picture('mountains', 1200, 800),
    'Users/Anna/Pictures/Harbour.bmp': picture('harbour', 1000, 750),
    'Windows/System32/kernel.dll': program('kernel', 400_000),
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, day) => [
        `Users/Anna/Diary/Day ${day + 1}.txt`,
        letter(`day ${day}`, 1 + (day % 7)),
      ]),
    ),
  },
  3: {
    'etc/hostname': Buffer.from('anna-laptop\n'),
    'etc/fstab': Buffer.from('LABEL=home / ext4 defaults 0 1\nLABEL=SYSTEM /boot/efi vfat umask=0077 0 1\n'),
    'home/anna/thesis.tex': letter('thesis', 500),
    'home/anna/measurements.csv': table('measurements', 20_000),
    'home/anna/plot.bmp': picture('plot', 900, 700),
    ...Object.fromEntries(
      Array.from({ length: 80 }, (_, index) => [
        `home/anna/src/module${index}.c`,
        letter(`module ${index}`, 2 + (index % 20)),
      ]),
    ),
  },
};

/** What happens between two backups. `undefined`: deleted. A number: overwritten in place from there. */
const changes = [
  {
    partition: 1,
    path: 'EFI/debian/grub.cfg',
    bytes: Buffer.from('search --label home --set=root\nlinux /vmlinuz.new root=LABEL=home ro\n'),
  },
  { partition: 2, path: 'Users/Anna/Pictures/Mountains.bmp' },
  { partition: 2, path: 'Users/Anna/Pictures/Island.bmp', bytes: picture('island', 800, 600) },
  { partition: 2, path: 'Users/Anna/Documents/Novel.txt', from: 200_000, bytes: letter('a better middle', 60) },
  { partition: 2, path: 'Users/Anna/Documents/Letter to the bank.txt', bytes: letter('bank, second draft', 14) },
  { partition: 2, path: 'Users/Anna/Diary/Day 61.txt', bytes: letter('day 61', 5) },
  { partition: 3, path: 'home/anna/measurements.csv', from: 300_000, bytes: table('corrected', 400) },
  { partition: 3, path: 'home/anna/thesis.tex', bytes: letter('thesis', 520) },
  { partition: 3, path: 'home/anna/src/module7.c' },
  { partition: 3, path: 'home/anna/src/module80.c', bytes: letter('module 80', 9) },
];

const scratch = await makeScratch();
try {
  const disk = await makeDisk(scratch.at('disk.img'), description);
  await fill(disk);
  await judge(disk);
  const before = await readFile(disk.path);
  await change(disk);
  await judge(disk);
  const after = await readFile(disk.path);

  await writeFile(join(here, 'disk.img.br'), compress(before));
  await writeFile(join(here, 'change.br'), compress(Buffer.concat([...difference(before, after)])));
  await writeFile(join(here, 'disk.json'), `${JSON.stringify(summary(disk, before, after), undefined, 2)}\n`);
} finally {
  await scratch.remove();
}

async function fill(disk) {
  for (const [number, files] of Object.entries(contents)) {
    await withVolume(disk, Number(number), async (folder) => {
      for (const [path, bytes] of Object.entries(files)) await put(join(folder, path), bytes);
    });
  }
}

async function change(disk) {
  for (const { number } of disk.partitions) {
    await withVolume(disk, number, async (folder) => {
      const due = changes.filter(({ partition }) => partition === number);
      for (const { path, bytes } of due) if (bytes === undefined) await rm(join(folder, path));
      await run('sync', '--file-system', folder); // what was deleted is free before the new comes
      for (const { path, bytes, from } of due) {
        if (bytes === undefined) continue;
        if (from === undefined) await put(join(folder, path), bytes);
        else await overwrite(join(folder, path), from, bytes);
      }
    });
  }
}

async function put(path, bytes) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

async function overwrite(path, from, bytes) {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, from);
  await file.close();
}

async function judge(disk) {
  await acceptsTable(disk.path);
  for (const { number } of disk.partitions) await fsck(disk, number);
}

/** Offset, length, bytes of each run of differing sectors. */
function* difference(one, other) {
  const differs = (at) => at < one.length && one.compare(other, at, at + sectorSize, at, at + sectorSize) !== 0;
  for (let start = 0; start < one.length; start += sectorSize) {
    if (!differs(start)) continue;
    let end = start + sectorSize;
    while (differs(end)) end += sectorSize;
    const head = Buffer.alloc(12);
    head.writeBigUInt64LE(BigInt(start));
    head.writeUInt32LE(end - start, 8);
    yield Buffer.concat([head, other.subarray(start, end)]);
    start = end;
  }
}

function compress(bytes) {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

function summary(disk, before, after) {
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
  const verb = ({ path, bytes, from, partition }) => {
    if (bytes === undefined) return 'deleted';
    if (from !== undefined) return 'overwritten';
    return path in contents[partition] ? 'rewritten' : 'added';
  };
  return {
    size: disk.size,
    partitions: disk.partitions,
    sha256: { before: sha256(before), after: sha256(after) },
    changes: changes.map((change) => ({ partition: change.partition, path: change.path, what: verb(change) })),
  };
}
