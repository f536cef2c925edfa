import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { ObjectName, ObjectStat } from '@sysimage/core/plugin';
import { errnoOf } from './system-errors.js';

// What lies in an image is not for other users of the machine.
export const fileMode = 0o600;

/** What a target says of a file. The state changes with the inode (put) and with the time (writes in place). */
export function statOf(name: ObjectName, file: BigIntStats): ObjectStat {
  return {
    name,
    size: Number(file.size),
    modified: new Date(Number(file.mtimeMs)),
    state: `${file.ino}-${file.mtimeNs}-${file.size}`,
  };
}

export interface OpenedFile {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

/**
 * Opens a regular file, or `undefined` when no object lies there: nothing, a folder, a link, a pipe, a device. Never
 * follows a link and never waits for the other end of a pipe.
 */
export async function openFile(path: string, flags: number): Promise<OpenedFile | undefined> {
  const handle = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, fileMode).catch(
    (error: unknown) => {
      const errno = errnoOf(error) ?? '';
      if (['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENXIO'].includes(errno)) return undefined;
      throw error;
    },
  );
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile()) return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** Writes all of `bytes`, however little the system takes at once. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.byteLength - at, position + at);
    at += bytesWritten;
  }
}

/** Fills `into` and tells how many bytes there were; fewer only at the end of the file. */
export async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let at = 0;
  while (at < into.byteLength) {
    const { bytesRead } = await handle.read(into, at, into.byteLength - at, position + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}
