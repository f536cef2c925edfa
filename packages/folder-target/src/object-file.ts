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
