import { constants } from 'node:fs';
import { lstat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  throwIfCancelled,
  SysimageError,
  type CallOptions,
  type ObjectName,
  type RandomAccess,
} from '@sysimage/core/plugin';
import { syncFolder, type Folders } from './folders.js';
import { tryLock } from './native.js';
import { openFile } from './object-file.js';
import { createRandomFile } from './random-file.js';
import { errnoOf, system } from './system-errors.js';

interface OpenOptions extends CallOptions {
  readonly create?: boolean;
  readonly exclusive: boolean;
}

interface OpenedObject {
  readonly handle: FileHandle;
  readonly writable: boolean;
}

export function createRandomAccess(folders: Folders): RandomAccess {
  async function openExisting(name: ObjectName, options: OpenOptions): Promise<OpenedObject | undefined> {
    const path = await folders.find(name);
    if (path === undefined) return undefined;
    try {
      const opened = await openFile(path, constants.O_RDWR);
      return opened === undefined ? undefined : { handle: opened.handle, writable: true };
    } catch (error) {
      // Whoever only reads must be able to do so on a medium that cannot be written.
      if (options.exclusive || !['EROFS', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
      const opened = await openFile(path, constants.O_RDONLY);
      return opened === undefined ? undefined : { handle: opened.handle, writable: false };
    }
  }

  async function create(name: ObjectName): Promise<OpenedObject | undefined> {
    const path = await folders.make(name);
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
    const opened = await openFile(path, flags).catch((error: unknown) => {
      if (errnoOf(error) === 'EEXIST') return undefined;
      throw error;
    });
    if (opened === undefined) {
      if (await isObject(path)) return undefined;
      throw new SysimageError('already-exists', `Something that is no object is in the place of "${name}"`, {
        operation: 'open',
        context: { name },
      });
    }
    try {
      await opened.handle.sync();
      await syncFolder(dirname(path));
    } catch (error) {
      await opened.handle.close();
      throw error;
    }
    return { handle: opened.handle, writable: true };
  }

  async function stillThere(name: ObjectName, handle: FileHandle): Promise<boolean> {
    const path = await folders.find(name);
    if (path === undefined) return false;
    const [entry, opened] = await Promise.all([
      lstat(path, { bigint: true }).catch(() => undefined),
      handle.stat({ bigint: true }),
    ]);
    return entry?.ino === opened.ino && entry.dev === opened.dev;
  }

  return {
    async open(name, options) {
      throwIfCancelled('open', options);
      for (;;) {
        const opened = await system('open', name, async () => {
          const existing = await openExisting(name, options);
          return existing ?? (options.create === true ? create(name) : missing(name));
        });
        // Undefined: made or removed by someone else in between, so look again.
        if (opened === undefined) continue;
        if (!options.exclusive) return createRandomFile(name, opened);
        const file = await locked(name, opened, () => stillThere(name, opened.handle));
        if (file) return createRandomFile(name, opened);
      }
    },
  };
}

/** False when the object was replaced between opening and locking it: then the lock is of no use. */
async function locked(name: ObjectName, opened: OpenedObject, stillThere: () => Promise<boolean>): Promise<boolean> {
  let kept = false;
  try {
    if (!(await system('open', name, () => tryLock(opened.handle.fd)))) {
      throw new SysimageError('busy', `"${name}" is open exclusively elsewhere`, {
        operation: 'open',
        context: { name },
        retry: 'later',
      });
    }
    kept = await system('open', name, stillThere);
    return kept;
  } finally {
    if (!kept) await opened.handle.close();
  }
}

async function isObject(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    throw error;
  }
}

function missing(name: ObjectName): never {
  throw new SysimageError('not-found', `There is no object "${name}"`, { operation: 'open', context: { name } });
}
