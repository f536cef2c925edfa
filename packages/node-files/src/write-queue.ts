import type { FileHandle } from 'node:fs/promises';
import { writeFully } from './whole.js';

/** Bytes given to the system in one call, when neighbours wait. More would not pay, and nobody else is served meanwhile. */
const mostAtOnce = 8 * 1024 * 1024;
/** Neighbours given to the system in one call: below the limit of every system (IOV_MAX is at least 16 by POSIX). */
const mostPieces = 16;

/** Writes into one file. */
export interface WriteQueue {
  /** Resolves when all of `bytes` is written at `position`; rejects with the error of the system. They must not change before. */
  write(bytes: Uint8Array, position: number): Promise<void>;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly position: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Lets writes go one at a time: file systems take a lock for each, and a second one would only spin, on a thread that others could
 * use. Those that came meanwhile and continue each other become one call, so that the disk does not wait for us between them.
 */
export function createWriteQueue(handle: FileHandle): WriteQueue {
  const waiting: Waiting[] = [];
  let busy = false;

  async function work(): Promise<void> {
    busy = true;
    for (let next = takeNeighbours(waiting); next.length > 0; next = takeNeighbours(waiting)) {
      try {
        await writeTogether(handle, next);
        for (const { done } of next) done();
      } catch (error) {
        for (const { failed } of next) failed(error);
      }
    }
    busy = false;
  }

  return {
    write: (bytes, position) =>
      new Promise((done, failed) => {
        waiting.push({ bytes, position, done, failed });
        if (!busy) void work();
      }),
  };
}

/** Takes the first of those that wait, and those behind it that go on where the one before ends. */
function takeNeighbours(waiting: Waiting[]): readonly Waiting[] {
  let count = 0;
  let size = 0;
  for (; count < Math.min(waiting.length, mostPieces); count += 1) {
    const [before, next] = [waiting[count - 1], waiting[count]];
    if (next === undefined) break;
    const goesOn = before === undefined || before.position + before.bytes.byteLength === next.position;
    size += next.bytes.byteLength;
    if (!goesOn || (count > 0 && size > mostAtOnce)) break;
  }
  return waiting.splice(0, count);
}

async function writeTogether(handle: FileHandle, pieces: readonly Waiting[]): Promise<void> {
  const [first] = pieces;
  if (first === undefined) return;
  let written = 0;
  if (pieces.length > 1) {
    const whole = pieces.map(({ bytes }) => bytes);
    ({ bytesWritten: written } = await handle.writev(whole, first.position));
  }
  // The system may have taken less than all.
  let start = 0;
  for (const { bytes, position } of pieces) {
    const done = Math.max(0, written - start);
    start += bytes.byteLength;
    if (done < bytes.byteLength) await writeFully(handle, bytes.subarray(done), position + done);
  }
}
