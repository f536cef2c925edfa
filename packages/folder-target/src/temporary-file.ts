import { constants } from 'node:fs';
import { lstat, open, readdir, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@sysimage/core/plugin';
import { native } from './native.js';
import { fileMode, openFile } from './object-file.js';

// A name that starts with a dot is never the name of an object.
const pattern = /^\.sysimage-put-[0-9a-f]{32}$/u;
const orphanAge = 60 * 60 * 1000;

export interface TemporaryFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/**
 * Makes a file for a put. It stays locked while the put lives, so that the leftovers of killed ones can be told apart:
 * the kernel drops the lock with the process.
 */
export async function makeTemporary(folder: string, host: Host): Promise<TemporaryFile> {
  for (;;) {
    const path = join(folder, `.sysimage-put-${Buffer.from(host.random(16)).toString('hex')}`);
    const handle = await open(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      fileMode,
    );
    try {
      const locked = await lockIfPossible(handle.fd);
      // A sweep may have come between the two calls: then it has the lock, or the name is gone.
      if (locked !== 'taken' && (await handle.stat()).nlink > 0) return { path, handle };
    } catch (error) {
      await handle.close();
      await unlink(path).catch(() => {});
      throw error;
    }
    await handle.close();
  }
}

/**
 * Removes what killed puts left in a folder: nobody has the lock, and nothing was written for an hour, for the sake of
 * file systems where other machines do not see the lock.
 */
export async function sweepLeftovers(folder: string, host: Host): Promise<void> {
  if ((await native()) === undefined) return;
  for (const entry of await readdir(folder)) {
    if (!pattern.test(entry)) continue;
    // One that cannot be removed is in nobody's way but the disk's.
    await sweep(join(folder, entry), host).catch(() => {});
  }
}

async function sweep(path: string, host: Host): Promise<void> {
  const age = host.now().getTime() - (await lstat(path)).mtimeMs;
  if (age < orphanAge) return;
  const opened = await openFile(path, constants.O_RDWR);
  if (opened === undefined) return;
  try {
    if ((await lockIfPossible(opened.handle.fd)) !== 'locked') return;
    await unlink(path);
    host.log('target-directory.leftover-removed', { path, bytes: Number(opened.stats.size) });
  } finally {
    await opened.handle.close();
  }
}

async function lockIfPossible(descriptor: number): Promise<'locked' | 'taken' | 'impossible'> {
  const extensions = await native();
  if (extensions === undefined) return 'impossible';
  try {
    return extensions.tryLock(descriptor) ? 'locked' : 'taken';
  } catch {
    return 'impossible';
  }
}
