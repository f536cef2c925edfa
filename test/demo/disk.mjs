// A small real disk for the demonstration, and what happened to it between two backups. Needs Node alone.
//
// disk.img.br    the disk image, compressed with brotli
// change.br      the runs of bytes that differ afterwards, compressed with brotli:
//                offset (8 bytes, little-endian), length (4 bytes, little-endian), bytes; and again
// disk.json      what is on the disk and what was changed, in words and digests
//
// generate.mjs made them, with the tools of a Debian system.
import { createReadStream, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createBrotliDecompress } from 'node:zlib';

const here = import.meta.dirname;
const clusterSize = 4096;

export const demoDisk = JSON.parse(readFileSync(join(here, 'disk.json'), 'utf8'));

/** Writes the disk image to `path`. What is zero becomes a hole. */
export async function unpackDisk(path) {
  const file = await open(path, 'w');
  try {
    await file.truncate(demoDisk.size);
    let offset = 0;
    for await (const cluster of clusters(join(here, 'disk.img.br'))) {
      if (cluster.some((byte) => byte !== 0)) await file.write(cluster, 0, cluster.length, offset);
      offset += cluster.length;
    }
    if (offset !== demoDisk.size) throw new Error(`disk.img.br holds ${offset} bytes, not ${demoDisk.size}`);
  } finally {
    await file.close();
  }
}

/** Makes of the disk image at `path` what it was after the files on it had been changed. Returns the number of bytes written. */
export async function applyChange(path) {
  const file = await open(path, 'r+');
  let written = 0;
  try {
    for await (const { offset, bytes } of changeRuns()) {
      await file.write(bytes, 0, bytes.length, offset);
      written += bytes.length;
    }
  } finally {
    await file.close();
  }
  return written;
}

async function* changeRuns() {
  const parts = [];
  for await (const part of createReadStream(join(here, 'change.br')).pipe(createBrotliDecompress())) parts.push(part);
  const packed = Buffer.concat(parts);
  for (let at = 0; at < packed.length;) {
    const offset = Number(packed.readBigUInt64LE(at));
    const length = packed.readUInt32LE(at + 8);
    yield { offset, bytes: packed.subarray(at + 12, at + 12 + length) };
    at += 12 + length;
  }
}

/** The unpacked bytes in runs of clusters: as they come, but zero clusters apart from others. */
async function* clusters(path) {
  let left = Buffer.alloc(0);
  for await (const part of createReadStream(path).pipe(createBrotliDecompress({ chunkSize: 1024 * 1024 }))) {
    const bytes = left.length === 0 ? part : Buffer.concat([left, part]);
    let at = 0;
    for (; at + clusterSize <= bytes.length; at += clusterSize) yield bytes.subarray(at, at + clusterSize);
    left = bytes.subarray(at);
  }
  if (left.length > 0) yield left;
}
