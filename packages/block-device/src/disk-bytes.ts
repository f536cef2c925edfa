import type { FileHandle } from 'node:fs/promises';
import { SysimageError } from '@sysimage/core/plugin';
import { errnoOf, system } from './system-errors.js';

// Of the place that is read, not of the disk: a device that is gone has other numbers.
const unreadable: ReadonlySet<string> = new Set(['EIO', 'EREMOTEIO', 'ENODATA', 'EILSEQ']);

/** Fills all of `into`, however little the system gives at once. */
export async function readDisk(path: string, handle: FileHandle, offset: number, into: Uint8Array): Promise<void> {
  for (let at = 0; at < into.byteLength;) {
    const from = at;
    const bytesRead = await readSome(path, handle, offset + from, into.subarray(from));
    if (bytesRead === 0) throw corrupt(path, offset + from, 'it ends there');
    at += bytesRead;
  }
}

/** Throws `invalid` for bytes that do not lie on the disk. */
export function assertInside(
  { path, size }: { readonly path: string; readonly size: number },
  offset: number,
  length: number,
): void {
  if (offset >= 0 && offset + length <= size) return;
  throw new SysimageError('invalid', `${path} ends at ${size}, before ${offset + length}`, {
    operation: 'write',
    context: { path, offset },
  });
}

async function readSome(path: string, handle: FileHandle, offset: number, into: Uint8Array): Promise<number> {
  try {
    return (await handle.read(into, 0, into.byteLength, offset)).bytesRead;
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (unreadable.has(errno)) throw corrupt(path, offset, errno, error);
    return system('read', path, () => Promise.reject(error));
  }
}

function corrupt(path: string, offset: number, why: string, cause?: unknown): SysimageError {
  return new SysimageError('corrupt', `${path} cannot be read at ${offset}: ${why}`, {
    operation: 'read',
    context: { path, offset },
    cause,
  });
}
