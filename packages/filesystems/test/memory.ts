import { isFormatError, type ReadAt } from '@sysimage/bytes';
import { expect } from '@jest/globals';
import { readFileSystem, type FileSystem } from '../src/index.js';

/** A volume in memory. Reads outside it, or longer than 4 MiB, fail the test. */
export function readerOf(bytes: Uint8Array): ReadAt {
  return async (offset, length) => {
    if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length && length <= 4 * 1024 * 1024)) {
      throw new RangeError(`read ${offset}+${length} of ${bytes.length}`);
    }
    return bytes.slice(offset, offset + length);
  };
}

export function read(bytes: Uint8Array): Promise<FileSystem | undefined> {
  return readFileSystem(readerOf(bytes), { size: bytes.length });
}

/** Whatever the bytes are: no rejection, nothing outside the volume, a reason whenever there is no map. */
export async function survives(bytes: Uint8Array): Promise<FileSystem | undefined> {
  let found: FileSystem | undefined;
  try {
    found = await read(bytes);
  } catch (error) {
    throw isFormatError(error) ? new Error(`rejected: ${error.message}`) : error;
  }
  if (found === undefined) return undefined;
  expect(found.allocated === undefined).toBe(found.noMapReason !== undefined);
  expect(found.allocated?.hull?.end ?? 0).toBeLessThanOrEqual(bytes.length);
  return found;
}

/** The runs of a map in whole `unit`s, `[first, end]`. */
export function unitsOf({ allocated }: FileSystem, unit: number): readonly (readonly [number, number])[] {
  return [...(allocated ?? [])].map(({ start, end }) => [start / unit, end / unit] as const);
}
