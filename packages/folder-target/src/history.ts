import { constants } from 'node:fs';
import { copyFile, lstat, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { throwIfCancelled, SysimageError, type History, type Host, type ObjectName } from '@sysimage/core/plugin';
import { createFolders, syncFolder } from './folders.js';
import { fileMode, openFile, statOf, type OpenedFile } from './object-file.js';
import { errnoOf, system } from './system-errors.js';
import { makeTemporary } from './temporary-file.js';

/** Copies in a folder whose file system lets files share blocks (ioctl_ficlone(2)). */
export function createHistory(root: string, host: Host): History {
  const folders = createFolders(root);
  return {
    async capture(name, copy, options) {
      throwIfCancelled('capture', options);
      return system('capture', name, async () => {
        const found = await folders.find(name);
        const original = found === undefined ? undefined : await openFile(found, constants.O_RDONLY);
        if (original === undefined) throw notThere(name);
        try {
          const path = await folders.make(copy);
          await shareInto(original, path, host);
          return statOf(copy, await lstat(path, { bigint: true }));
        } finally {
          await original.handle.close();
        }
      });
    },
  };
}

// open(2): a file without a name, which is gone when it is closed. Node has no word for it.
const nameless = 0o20000000 | constants.O_DIRECTORY | constants.O_RDWR;

/**
 * Whether files in a folder can share blocks: tried, with two files that nobody sees. `undefined` where that cannot be tried, because
 * nothing may be written there.
 */
export async function canShareBlocks(folder: string): Promise<boolean | undefined> {
  const files: FileHandle[] = [];
  try {
    const [from, to] = [await open(folder, nameless, fileMode), await open(folder, nameless, fileMode)];
    files.push(from, to);
    await from.write(new Uint8Array(1));
    await shareBlocks(from, to);
    return true;
  } catch (error) {
    return isRefusal(error) ? false : undefined;
  } finally {
    for (const file of files) await file.close();
  }
}

/** As with a put: until the rename an older copy is whole; from then on the new one is. */
async function shareInto(original: OpenedFile, path: string, host: Host): Promise<void> {
  const folder = dirname(path);
  const temporary = await makeTemporary(folder, host);
  try {
    await shareBlocks(original.handle, temporary.handle);
    await temporary.handle.sync();
    await rename(temporary.path, path);
    await syncFolder(folder);
  } catch (error) {
    await unlink(temporary.path).catch(() => {});
    throw isRefusal(error) ? unsupported(folder, error) : error;
  } finally {
    await temporary.handle.close();
  }
}

/** By descriptor: what lies under a name now may be somebody else's. */
async function shareBlocks(from: FileHandle, to: FileHandle): Promise<void> {
  await copyFile(descriptorPath(from.fd), descriptorPath(to.fd), constants.COPYFILE_FICLONE_FORCE);
}

function descriptorPath(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

/** What file systems say that cannot do it at all, or not for these two files. */
const refusals: ReadonlySet<string> = new Set(['EOPNOTSUPP', 'ENOTSUP', 'ENOTTY', 'ENOSYS', 'EINVAL', 'EXDEV']);

function isRefusal(error: unknown): boolean {
  return refusals.has(errnoOf(error) ?? '');
}

function unsupported(folder: string, cause: unknown): SysimageError {
  return new SysimageError('unsupported', `The file system of "${folder}" shares no blocks between these files`, {
    operation: 'capture',
    cause,
  });
}

function notThere(name: ObjectName): SysimageError {
  return new SysimageError('not-found', `There is no object "${name}"`, { operation: 'capture', context: { name } });
}
