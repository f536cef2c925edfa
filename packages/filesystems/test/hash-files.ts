import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { expect } from '@jest/globals';
import type { ReadAt } from '@sysimage/bytes';
import { openFiles, type FileEntry, type Files } from '../src/index.js';

const pieceSize = 1_000_003;

/** Opens the files of an image while `use` runs. */
export async function withFiles<T>(image: string, use: (files: Files) => Promise<T>): Promise<T> {
  const file = openSync(image, 'r');
  const read: ReadAt = async (offset, length) => {
    const bytes = new Uint8Array(length);
    if (readSync(file, bytes, 0, length, offset) !== length) throw new RangeError(`read ${offset}+${length}`);
    return bytes;
  };
  try {
    const files = await openFiles(read, { size: statSync(image).size });
    if (files === undefined) throw new Error('no files found');
    return await use(files);
  } finally {
    closeSync(file);
  }
}

/** SHA-256 of every file, by path, as the fixtures have it of a mounted volume. */
export function hashFiles(image: string): Promise<Map<string, string>> {
  return withFiles(image, async (files) => {
    const digests = new Map<string, string>();
    await visit(files, '', digests);
    return digests;
  });
}

async function visit(files: Files, path: string, digests: Map<string, string>): Promise<void> {
  for (const [index, entry] of ((await files.list(path)) ?? []).entries()) {
    const below = path === '' ? entry.name : `${path}/${entry.name}`;
    // The files NTFS keeps itself in; no driver shows them.
    if (path === '' && entry.name.startsWith('$')) continue;
    // Finding reads a directory from its front again: a sample will do.
    if (index % 30 === 0) expect(await files.find(below)).toEqual(entry);
    if (entry.kind === 'directory') await visit(files, below, digests);
    else digests.set(below, await hashFile(files, entry));
  }
}

async function hashFile(files: Files, entry: FileEntry): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; ; offset += pieceSize) {
    const bytes = await files.read(entry, offset, pieceSize);
    hash.update(bytes);
    if (bytes.length < pieceSize) return hash.digest('hex');
  }
}
