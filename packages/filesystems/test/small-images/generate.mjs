// Makes the small images of this folder anew: `node packages/filesystems/test/small-images/generate.mjs`. As root, with the
// tools of test/debian-packages.mjs. Only blocks that are not zero are kept; contents are dull, so that they pack well.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const mebi = 1024 * 1024;
const blockSize = 4096;
const folder = mkdtempSync(join(tmpdir(), 'small-images-'));
const run = (command, ...words) =>
  execFileSync(command, words, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', MTOOLS_SKIP_CHECK: '1' },
  });

const source = join(folder, 'source');
mkdirSync(join(source, 'folder', 'größe'), { recursive: true });
for (let i = 0; i < 60; i += 1)
  writeFileSync(join(source, 'folder', `a file with a name, number ${i}`), 'x'.repeat(i * 150));
writeFileSync(join(source, 'folder', 'größe', 'large'), 'some text '.repeat(30_000));
writeFileSync(join(source, 'short'), 'short');

const prototype = join(folder, 'prototype');
writeFileSync(
  prototype,
  `/dev/null\n0 0\nd--755 0 0\nlarge ---644 0 0 ${join(source, 'folder', 'größe', 'large')}\n$\n$\n`,
);

const mounted = (image, words, fill) => {
  const root = join(folder, 'mount');
  mkdirSync(root, { recursive: true });
  const device = run('losetup', '-f', '--show', image).trim();
  const [command, ...options] = words;
  run(command, ...options, device, root);
  fill(root);
  run('umount', root);
  run('sh', '-c', `while losetup ${device} >/dev/null 2>&1 && ! losetup -d ${device}; do sleep 0.1; done`);
};
const copyAll = (root) => run('cp', '-r', join(source, 'folder'), join(source, 'short'), root);

const images = {
  ntfs: [
    8,
    (image) => {
      run('mkntfs', '-FqQ', '-c', '1024', image);
      mounted(image, ['ntfs-3g', '-o', 'compression'], (root) => {
        copyAll(root);
        mkdirSync(join(root, 'compressed'));
        run('setfattr', '-h', '-n', 'system.ntfs_attrib_be', '-v', '0x00000800', join(root, 'compressed'));
        writeFileSync(join(root, 'compressed', 'text'), 'line after line\n'.repeat(6000));
        writeFileSync(join(root, 'pagefile.sys'), new Uint8Array(200_000).fill(1));
      });
    },
  ],
  fat12: [
    4,
    (image) => {
      run('mkfs.fat', '-F', '12', image);
      run('mcopy', '-s', '-i', image, join(source, 'folder'), join(source, 'short'), '::');
    },
  ],
  fat16: [
    16,
    (image) => {
      run('mkfs.fat', '-F', '16', image);
      run('mcopy', '-s', '-i', image, join(source, 'folder'), join(source, 'short'), '::');
    },
  ],
  fat32: [
    40,
    (image) => {
      run('mkfs.fat', '-F', '32', '-s', '1', image);
      run('mcopy', '-s', '-i', image, join(source, 'folder'), join(source, 'short'), '::');
    },
  ],
  exfat: [
    16,
    (image) => {
      run('mkfs.exfat', '-c', '4K', image);
      mounted(image, ['mount.exfat-fuse'], copyAll);
    },
  ],
  ext2: [8, (image) => run('mke2fs', '-Fq', '-t', 'ext2', '-b', '1024', '-d', source, image)],
  ext4: [
    12,
    (image) => {
      symlinkSync('short', join(source, 'link'));
      run('mke2fs', '-Fq', '-t', 'ext4', '-O', 'inline_data', '-I', '256', '-d', source, image);
      rmSync(join(source, 'link'));
    },
  ],
  xfs: [300, (image) => run('mkfs.xfs', '-fq', '-p', prototype, image)],
  xfs4: [300, (image) => run('mkfs.xfs', '-fq', '-m', 'crc=0,finobt=0', '-p', prototype, image)],
  btrfs: [120, (image) => run('mkfs.btrfs', '-fq', '-n', '4096', '--rootdir', source, image)],
  'btrfs-mixed': [40, (image) => run('mkfs.btrfs', '-fq', '--mixed', '--rootdir', source, image)],
  swap: [1, (image) => run('mkswap', image)],
};

for (const [name, [size, make]] of Object.entries(images)) {
  const image = join(folder, name);
  const file = openSync(image, 'w');
  ftruncateSync(file, size * mebi);
  closeSync(file);
  make(image);
  const bytes = readFileSync(image);
  const blocks = [];
  for (let at = 0; at < bytes.length; at += blockSize) {
    const block = bytes.subarray(at, at + blockSize);
    if (block.every((byte) => byte === 0)) continue;
    const number = Buffer.alloc(4);
    number.writeUInt32LE(at / blockSize);
    blocks.push(number, block);
  }
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  const packed = brotliCompressSync(Buffer.concat([length, ...blocks]));
  writeFileSync(join(import.meta.dirname, `${name}.br`), packed);
  process.stdout.write(`${name}: ${blocks.length / 2} blocks, ${packed.length} bytes\n`);
}
rmSync(folder, { recursive: true });
