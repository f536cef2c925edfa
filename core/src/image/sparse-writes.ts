import { nonZeroRuns } from '@sysimage/bytes';
import type { RandomFile } from '../contract/target.js';

/** Unit in which file systems keep holes. */
const pageSize = 4096;
/** Zeros that are written at once where no holes can be made. */
export const zeros = new Uint8Array(1024 * 1024);

/** Makes a range read as zeros, as a hole where that can be. */
export async function writeZeros(file: RandomFile, start: number, end: number): Promise<void> {
  if (file.deallocate !== undefined) return file.deallocate({ start, end });
  for (let at = start; at < end; at += zeros.length)
    await file.write(at, zeros.subarray(0, Math.min(zeros.length, end - at)));
}

/** Writes what is not zeros into a range that reads as zeros already. All of it has begun when this returns. */
export function writeNonZero(file: RandomFile, at: number, bytes: Uint8Array): Promise<void>[] {
  return Array.from(nonZeroRuns(bytes, pageSize), ({ start, end }) =>
    file.write(at + start, bytes.subarray(start, end)),
  );
}

/** Copies bytes of a file to a range of it that reads as zeros. What lies beyond the end is zeros. */
export async function copyWithin(file: RandomFile, from: number, to: number, length: number): Promise<void> {
  const size = await file.size();
  const bytes = new Uint8Array(zeros.length);
  for (let at = 0; at < length; at += bytes.length) {
    const part = bytes.subarray(0, Math.min(bytes.length, length - at));
    const end = Math.min(part.length, Math.max(0, size - from - at));
    part.fill(0, end);
    if (end > 0) await file.read(from + at, part.subarray(0, end));
    await allEnded(writeNonZero(file, to + at, part));
  }
}

/** Nothing of it goes on any more when it resolves, or when it rejects with the first failure. */
export async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}
