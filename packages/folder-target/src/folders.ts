import { constants } from 'node:fs';
import { lstat, mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SysimageError, type ObjectName } from '@sysimage/core/plugin';
import { errnoOf } from './system-errors.js';

// What lies in an image is not for other users of the machine.
const folderMode = 0o700;

/** The folders between the root and the objects. Below the root no symbolic link is followed: others may write there. */
export interface Folders {
  /** Where an object lies, or `undefined` when its folder is not there. */
  find(name: ObjectName): Promise<string | undefined>;
  /** Where an object is to lie; its folder is there, durably. */
  make(name: ObjectName): Promise<string>;
}

export function createFolders(root: string): Folders {
  // Folders whose entry is known to be on the medium, with the inode that it was true of.
  const durable = new Map<string, bigint>();
  let rootIsDurable = false;

  async function makeBelow(parent: string, path: string): Promise<void> {
    if ((await kindOf(path)) === undefined) await makeFolder(path);
    const found = await kindOf(path);
    if (found?.kind !== 'folder') throw inTheWay(path, found?.kind);
    if (durable.get(path) === found.inode) return;
    // Also when another process made it: it may not have come this far.
    await syncFolder(parent);
    durable.set(path, found.inode);
  }

  return {
    async find(name) {
      let path = root;
      const segments = name.split('/');
      for (const segment of segments.slice(0, -1)) {
        path = join(path, segment);
        if ((await kindOf(path))?.kind !== 'folder') return undefined;
      }
      return join(root, name);
    },
    async make(name) {
      await makeRoot(root);
      if (!rootIsDurable) await syncParentOfRoot(root);
      rootIsDurable = true;
      let parent = root;
      for (const segment of name.split('/').slice(0, -1)) {
        const path = join(parent, segment);
        await makeBelow(parent, path);
        parent = path;
      }
      return join(root, name);
    },
  };
}

/** Makes the entries of a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems cannot do this for folders; there is nothing more to be had from them.
    const errno = errnoOf(error);
    if (errno !== 'EINVAL' && errno !== 'ENOTSUP' && errno !== 'EOPNOTSUPP') throw error;
  } finally {
    await folder.close();
  }
}

/** The path itself or the nearest folder above it that is there. Links are followed: the user chose the path. */
export async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    try {
      await stat(at);
      return at;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || dirname(at) === at) throw error;
    }
  }
}

async function makeRoot(path: string): Promise<void> {
  const existing = await nearestExisting(path);
  const missing: string[] = [];
  for (let at = path; at !== existing; at = dirname(at)) missing.push(at);
  for (const folder of missing.toReversed()) {
    await makeFolder(folder);
    await syncFolder(dirname(folder));
  }
}

/** Whoever made the root may have been cut off before this. The folder above may be one that we cannot open: then it is not ours. */
async function syncParentOfRoot(path: string): Promise<void> {
  await syncFolder(dirname(path)).catch((error: unknown) => {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(errnoOf(error) ?? '')) throw error;
  });
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: folderMode });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

type Kind = 'folder' | 'link' | 'other';

async function kindOf(path: string): Promise<{ readonly kind: Kind; readonly inode: bigint } | undefined> {
  try {
    const found = await lstat(path, { bigint: true });
    return { kind: found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'other', inode: found.ino };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw error;
  }
}

function inTheWay(path: string, kind: Kind | undefined): SysimageError {
  if (kind === 'link') {
    return new SysimageError('denied', `${path} is a symbolic link; links inside the target are not followed`, {
      operation: 'put',
      context: { path },
      remedy: 'Remove the link, or choose the folder it points to as the target.',
    });
  }
  return new SysimageError('already-exists', `${path} is there and is no folder`, {
    operation: 'put',
    context: { path },
  });
}
