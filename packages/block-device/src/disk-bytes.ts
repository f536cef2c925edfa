import type { FileHandle } from 'node:fs/promises';
import { SysimageError, type DirectRead } from '@sysimage/core/plugin';
import type { LendableFile } from '@sysimage/node-files';
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

/** The same, of one that others may read by its number: by `direct`, where that can. */
export async function readLentDisk(
  { path, handle, file }: { readonly path: string; readonly handle: FileHandle; readonly file: LendableFile },
  offset: number,
  into: Uint8Array,
  direct?: DirectRead,
): Promise<void> {
  const wasRead =
    direct !== undefined &&
    (await translated(path, offset, () => file.lend((descriptor) => direct(descriptor, offset))));
  if (!wasRead) await readDisk(path, handle, offset, into);
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
  return translated(path, offset, async () => (await handle.read(into, 0, into.byteLength, offset)).bytesRead);
}

async function translated<T>(path: string, offset: number, reads: () => Promise<T>): Promise<T> {
  try {
    return await reads();
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
