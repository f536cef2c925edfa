import { readFile, stat } from 'node:fs/promises';
import { recordedDisks, type MachineDisks } from '@sysimage/block-device';
import { SysimageError } from '@sysimage/core';

// Records of the largest machines are some MiB.
const largest = 32 * 1024 * 1024;

/** The disks of the machine that a file holds. Errors: `not-found`, `denied`, and `invalid` for what is no record. */
export async function readMachine(path: string): Promise<MachineDisks> {
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
