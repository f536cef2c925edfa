import { open, type FileHandle } from 'node:fs/promises';
import { FormatError, type ReadAt } from '@sysimage/bytes';
import { errnoOf } from './system-errors.js';

// What lies in an image is not for other users of the machine.
export const fileMode = 0o600;
export const folderMode = 0o700;

/** Makes what was done to the entries of a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A file as format readers want it. What a medium has lost is `corrupt`, not an error of the system. */
export function readerOfHandle(handle: FileHandle): ReadAt {
  return async (offset, length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const { bytesRead } = await handle.read(bytes, at, length - at, offset + at).catch((error: unknown) => {
        if (errnoOf(error) === 'EIO') throw new FormatError('corrupt', `cannot be read at ${offset + at}`, { offset });
        throw error;
      });
      if (bytesRead === 0) throw new FormatError('corrupt', `ends at ${offset + at}`, { offset });
      at += bytesRead;
    }
    return bytes;
  };
}
