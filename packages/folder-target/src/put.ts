import { lstat, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  throwIfCancelled,
  untilCancelled,
  SysimageError,
  type Chunks,
  type Host,
  type ObjectName,
  type ObjectStat,
  type PutOptions,
} from '@sysimage/core/plugin';
import { writeFully } from '@sysimage/node-files';
import { syncFolder, type Folders } from './folders.js';
import { statOf } from './object-file.js';
import { system } from './system-errors.js';
import { makeTemporary, sweepLeftovers, type TemporaryFile } from './temporary-file.js';

export type Put = (name: ObjectName, size: number, chunks: Chunks, options?: PutOptions) => Promise<ObjectStat>;

/**
 * 1. the folder, durably; 2. a file beside the object with all bytes, on the medium; 3. rename; 4. the folder's entries.
 * Until 3 the old object is whole; from then on the new one is.
 */
export function createPut(folders: Folders, host: Host): Put {
  const swept = new Set<string>();
  return async (name, size, chunks, options) => {
    throwIfCancelled('put', options);
    const path = await system('put', name, () => folders.make(name));
    const folder = dirname(path);
    if (!swept.has(folder)) {
      // Before the write, because a leftover may hold the space that it needs.
      swept.add(folder);
      await system('put', name, () => sweepLeftovers(folder, host));
    }
    const temporary = await system('put', name, () => makeTemporary(folder, host));
    try {
      await fill(temporary, { name, size }, chunks, options);
      return await system('put', name, async () => {
        await rename(temporary.path, path);
        await syncFolder(folder);
        return statOf(name, await lstat(path, { bigint: true }));
      });
    } catch (error) {
      await unlink(temporary.path).catch(() => {});
      throw error;
    } finally {
      await temporary.handle.close();
    }
  };
}

async function fill(
  { handle }: TemporaryFile,
  { name, size }: { readonly name: ObjectName; readonly size: number },
  chunks: Chunks,
  options: PutOptions | undefined,
): Promise<void> {
  let written = 0;
  for await (const chunk of untilCancelled('put', chunks(), options)) {
    if (written + chunk.byteLength > size) throw wrongSize(name, `more than ${size} bytes came`);
    const at = written;
    await system('put', name, () => writeFully(handle, chunk, at));
    written += chunk.byteLength;
    throwIfCancelled('put', options);
  }
  if (written !== size) throw wrongSize(name, `${written} of ${size} bytes came`);
  await system('put', name, () => handle.sync());
  throwIfCancelled('put', options);
}

function wrongSize(name: ObjectName, what: string): SysimageError {
  return new SysimageError('invalid', `"${name}" was not written: ${what}`, { operation: 'put', context: { name } });
}
