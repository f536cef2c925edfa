import { readFile, stat } from 'node:fs/promises';
import { longestRecord, recordedDisks, type RecordedDisks } from '@sysimage/block-device';
import { SysimageError } from '@sysimage/core';

/** Bytes. Inventories of the largest machines are some MiB, and maps of what is in use on their disks some more. */
const largest = 2 * longestRecord;

/** The disks of the machine that a file holds. Errors: `not-found`, `denied`, and `invalid` for what is no record. */
export async function readMachine(path: string): Promise<RecordedDisks> {
  const text = await readText(path).catch((error: unknown) => {
    const isMissing = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
    throw new SysimageError(isMissing ? 'not-found' : 'denied', `the recorded machine ${path} cannot be read`, {
      operation: 'read machine',
      cause: error,
    });
  });
  if (text !== undefined) return recordedDisks(text, path);
  throw new SysimageError('invalid', `${path} is no recorded machine: it is no file, or larger than ${largest} bytes`, {
    operation: 'read machine',
  });
}

async function readText(path: string): Promise<string | undefined> {
  const stats = await stat(path);
  return stats.isFile() && stats.size <= largest ? readFile(path, 'utf8') : undefined;
}
