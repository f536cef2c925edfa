import { readdir, rm, rmdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SysimageError, type Host } from '@sysimage/core/plugin';
import { tryLock } from '@sysimage/folder-target';
import { mountAt, unmount } from './mount-commands.js';
import { openLock, withRunFolder } from './run-folder.js';

/** Counts as a user of the mount in a folder until the result is closed. */
export async function hold(folder: string): Promise<FileHandle> {
  const user = await openLock(join(folder, 'users'));
  if (await tryLock(user.fd, { shared: true })) return user;
  await user.close();
  throw new SysimageError('busy', `${folder} is about to be unmounted`, { operation: 'open', retry: 'later' });
}

/** Ends that, and unmounts when nobody else has the mount. */
export function releaseOf(
  user: FileHandle,
  { folder, runFolder }: { readonly folder: string; readonly runFolder: string },
  host: Host,
): () => Promise<void> {
  let releasing: Promise<void> | undefined;
  const release = async (): Promise<void> => {
    try {
      await withRunFolder(runFolder, async () => {
        // Not before: others who mount something sweep away what nobody has.
        await user.close();
        await removeUnused(folder, host);
      });
    } finally {
      await user.close();
    }
  };
  return () => (releasing ??= release());
}

/** Unmounts what killed runs left behind. One that cannot be unmounted is in the way of nobody but itself. */
export async function sweep(runFolder: string, host: Host): Promise<void> {
  for (const entry of await readdir(runFolder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeUnused(join(runFolder, entry.name), host).catch(() => {});
  }
}

/** Unmounts what nobody has. The caller has the run folder to itself. */
export async function removeUnused(folder: string, host: Host): Promise<void> {
  if (!(await isUnused(folder))) return;
  const mountPoint = join(folder, 'mount');
  const mount = await mountAt(mountPoint);
  if (mount !== undefined) {
    await unmount(mountPoint);
    host.log('target-ntfs.unmounted', { path: mount.source, mountPoint });
  }
  // Never recursively: if something is still mounted, it stays.
  await rmdir(mountPoint).catch(() => {});
  await rm(join(folder, 'users'), { force: true });
  await rmdir(folder);
}

export async function isUnused(folder: string): Promise<boolean> {
  const users = await openLock(join(folder, 'users'));
  try {
    return await tryLock(users.fd);
  } finally {
    await users.close();
  }
}
