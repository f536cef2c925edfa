import { readSync, writeSync } from 'node:fs';
import { nonZeroRuns } from '@sysimage/bytes';
import type { DigestTo } from '@sysimage/core';
import { digestSize, digestUnits } from './digest-units.js';

/** What a thread is to do. */
export interface HashJob {
  readonly id: number;
  /** Memory that both threads see: nothing is copied. */
  readonly bytes: Uint8Array;
  readonly unit: number;
  /** Where the bytes are to be read first; absent when they are there. */
  readonly from?: JobFile;
}

export interface JobFile {
  readonly descriptor: number;
  readonly offset: number;
  /** Parts of the bytes that become zeros, in order. */
  readonly blank: readonly { readonly start: number; readonly end: number }[];
  readonly to?: DigestTo;
}

/**
 * `digests`: absent when the file ended too early, or what was read could not be written. `failure`: what the system said when it was
 * read, in words that can be told to another thread.
 */
export interface HashAnswer {
  readonly id: number;
  readonly digests?: Uint8Array;
  readonly failure?: SystemFailure;
}

export interface SystemFailure {
  readonly message: string;
  readonly code?: string;
  readonly errno?: number;
  readonly syscall?: string;
}

/**
 * Bytes read before they are hashed. Few enough to be in the processor's own cache still, and enough that a disk, which is asked for
 * nothing meanwhile, is not asked too often.
 */
const readAtOnce = 512 * 1024;
/** Unit in which file systems keep holes. */
const pageSize = 4096;

/** Does a job; what the system refuses is part of the answer. */
export function doHashJob({ id, bytes, unit, from }: HashJob): HashAnswer {
  const count = Math.ceil(bytes.byteLength / unit);
  const digests = Buffer.alloc(count * digestSize);
  const unitsAtOnce = from === undefined ? count : Math.max(1, Math.floor(readAtOnce / unit));
  const write = from?.to === undefined ? undefined : writerTo(bytes, from.to);
  try {
    for (let first = 0; first < count; first += unitsAtOnce) {
      const end = Math.min(count, first + unitsAtOnce);
      const part = { start: first * unit, end: Math.min(end * unit, bytes.byteLength) };
      if (from !== undefined && !readPart(bytes, part, from)) return { id };
      digestUnits(bytes, unit, first, end, digests);
      if (write?.(part) === false) return { id };
    }
  } catch (error) {
    return { id, failure: asFailure(error) };
  }
  return { id, digests: new Uint8Array(digests.buffer, digests.byteOffset, digests.byteLength) };
}

interface Part {
  readonly start: number;
  readonly end: number;
}

/** False when the file ends before. */
function readPart(bytes: Uint8Array, part: Part, { descriptor, offset, blank }: JobFile): boolean {
  for (let at = part.start; at < part.end;) {
    const length = readSync(descriptor, bytes, at, part.end - at, offset + at);
    if (length === 0) return false;
    at += length;
  }
  for (const { start, end } of blank) {
    if (start >= part.end) break;
    if (end > part.start) bytes.fill(0, Math.max(start, part.start), Math.min(end, part.end));
  }
  return true;
}

/** Writes parts of the bytes. False when the system refuses: whoever writes it in his own way hears why. */
function writerTo(
  bytes: Uint8Array,
  { descriptor, offset, parts, blank = false, frame }: DigestTo,
): (part: Part) => boolean {
  let isFramed = frame === undefined;
  const write = (from: Uint8Array, { start, end }: Part, to: number): void => {
    for (let at = start; at < end;) at += writeSync(descriptor, from, at, end - at, to + at);
  };
  return (part) => {
    try {
      for (const { start, end } of parts) {
        if (start >= part.end) break;
        const [first, last] = [Math.max(start, part.start), Math.min(end, part.end)];
        if (first >= last) continue;
        const runs = blank ? nonZeroRuns(bytes.subarray(first, last), pageSize) : [{ start: 0, end: last - first }];
        for (const run of runs) {
          if (!isFramed && frame !== undefined) write(frame.bytes, { start: 0, end: frame.bytes.length }, frame.offset);
          isFramed = true;
          write(bytes, { start: first + run.start, end: first + run.end }, offset);
        }
      }
      return true;
    } catch {
      return false;
    }
  };
}

/** An error loses all but its message on the way to another thread. */
function asFailure(error: unknown): SystemFailure {
  if (typeof error !== 'object' || error === null) return { message: String(error) };
  return {
    message: 'message' in error ? String(error.message) : 'it failed',
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    ...('errno' in error && typeof error.errno === 'number' ? { errno: error.errno } : {}),
    ...('syscall' in error && typeof error.syscall === 'string' ? { syscall: error.syscall } : {}),
  };
}
