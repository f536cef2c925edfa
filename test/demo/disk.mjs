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
    for await (const bytes of wholeClusters(join(here, 'disk.img.br'))) {
      for (const { start, end } of filledRuns(bytes)) await file.write(bytes, start, end - start, offset + start);
      offset += bytes.length;
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

/** The unpacked bytes as they come, in whole clusters. */
async function* wholeClusters(path) {
  let left = Buffer.alloc(0);
  for await (const part of createReadStream(path).pipe(createBrotliDecompress({ chunkSize: 1024 * 1024 }))) {
    const bytes = left.length === 0 ? part : Buffer.concat([left, part]);
    const whole = bytes.length - (bytes.length % clusterSize);
    if (whole > 0) yield bytes.subarray(0, whole);
    left = bytes.subarray(whole);
  }
  if (left.length > 0) yield left;
}

/** Where there are clusters that are not all zeros. */
function* filledRuns(bytes) {
  const zeros = Buffer.alloc(clusterSize);
  let start;
  for (let at = 0; at < bytes.length; at += clusterSize) {
    const cluster = bytes.subarray(at, at + clusterSize);
    const empty = cluster.equals(zeros.subarray(0, cluster.length));
    if (!empty) start ??= at;
    else if (start !== undefined) {
      yield { start, end: at };
      start = undefined;
    }
  }
  if (start !== undefined) yield { start, end: bytes.length };
}
