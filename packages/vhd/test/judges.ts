import { expect } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ReadAt } from '@sysimage/bytes';
import { type Piece } from './make-vhd.js';

const execute = promisify(execFile);

/** Runs a Debian tool; rejects when it says no. */
export async function run(tool: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(tool, args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

export async function inScratch(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sysimage-vhd-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes pieces into a sparse file of `size` bytes. */
export async function writePieces(path: string, pieces: readonly Piece[], size: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.truncate(size);
    for (const { offset, bytes } of pieces) {
      const length = Math.max(Math.min(bytes.length, size - offset), 0);
      await file.write(bytes, 0, length, offset);
    }
  } finally {
    await file.close();
  }
}

/** Hands `work` a `ReadAt` over a file, and the file's size. */
export async function reading<T>(path: string, work: (read: ReadAt, size: number) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    const read: ReadAt = async (offset, length) => {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      if (bytesRead !== length) throw new Error(`${path}: ${bytesRead} of ${length} bytes at ${offset}`);
      return bytes;
    };
    return await work(read, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** Rejects unless QEMU reads `vhd` as the bytes of `raw`, and sees the same size: `compare` forgives zeros at the end. */
export async function judgeByQemu(vhd: string, raw: string): Promise<void> {
  await run('qemu-img', 'compare', '-f', 'raw', '-F', 'vpc', raw, vhd);
  const information: unknown = JSON.parse(await run('qemu-img', 'info', '-f', 'vpc', '--output=json', vhd));
  expect(information).toMatchObject({ 'virtual-size': (await stat(raw)).size });
}

/** Rejects unless 7-Zip reads `vhd` as the bytes of `raw`. */
export async function judgeBySevenZip(vhd: string, raw: string): Promise<void> {
  await inScratch(async (folder) => {
    await run('7z', 'x', '-tVHD', `-o${folder}`, vhd);
    const [name = 'nothing'] = await readdir(folder);
    await run('cmp', join(folder, name), raw);
  });
}

/** Rejects unless libvhdi reads `vhd`, the last of a chain of `depth` files, as the bytes of `raw`. */
export async function judgeByLibvhdi(vhd: string, raw: string, depth = 1): Promise<void> {
  await inScratch(async (folder) => {
    await run('vhdimount', vhd, folder);
    try {
      await run('cmp', join(folder, `vhdi${depth}`), raw);
    } finally {
      await run('fusermount', '-u', folder);
    }
  });
}
