import { constants } from 'node:fs';
import { lstat, mkdir, open, realpath, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isSysimageError, SysimageError } from '@sysimage/core/plugin';
import { tryLock } from '@sysimage/folder-target';

/** Milliseconds. Whoever has the lock mounts or unmounts just now. */
const longestWait = 15 * 60_000;
const pause = 50;

/** Makes the folder that mounts lie in, which is root's alone. Errors: `denied` for others, and where others could write. */
export async function makeRunFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const found = await lstat(path);
    const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
    if (process.getuid?.() === 0 && isOurs) return await realpath(path);
  } catch (error) {
    if (isSysimageError(error)) throw error;
  }
  throw new SysimageError(
    'denied',
    `Nothing can be mounted in ${path}: it must belong to root alone, and only root can mount`,
    {
      operation: 'open',
      context: { path },
      remedy: 'Run sysimage as root, or mount the volume first and name the folder.',
    },
  );
}

/** Runs `work` while no other process mounts or unmounts in the folder. Errors: `busy` when that takes too long. */
export async function withRunFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = await openLock(join(path, 'lock'));
  try {
    for (let waited = 0; !(await tryLock(lock.fd)); waited += pause) {
      if (waited >= longestWait) {
        throw new SysimageError('busy', `Another run of sysimage has been mounting or unmounting for too long`, {
          operation: 'open',
          context: { path },
          retry: 'later',
        });
      }
      await setTimeout(pause);
    }
    return await work();
  } finally {
    await lock.close();
  }
}

/** A file whose locks go with the process that has them. */
export function openLock(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
}
