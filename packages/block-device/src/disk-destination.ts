import { constants } from 'node:fs';
import { lstat, open, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SysimageError, type DiskDestination, type SourceMount } from '@sysimage/core/plugin';
import { createWriteQueue, lendFile, writeFully } from '@sysimage/node-files';
import { deviceNumber } from './device-number.js';
import { assertInside, readLentDisk } from './disk-bytes.js';
import { factsOf, kindOfDisk, type DiskSurroundings } from './disk-file.js';
import { forgetRead } from './forget-read.js';
import { errnoOf, system } from './system-errors.js';

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = constants;

export async function openDiskDestination(
  path: string,
  size: number,
  surroundings: DiskSurroundings,
): Promise<DiskDestination> {
  const kind = await kindOfDisk(path);
  const fresh = kind === undefined;
  const handle = fresh ? await make(path, size) : await openExisting(path, kind, surroundings);
  try {
    const facts = await factsOf(path, handle, surroundings);
    if (facts.mounts.length > 0) throw mounted(path, facts.mounts);
    const beside = await isLoop(kind, handle, surroundings);
    return destination(beside ? { ...facts, physicalDisks: [] } : facts, handle, fresh);
  } catch (error) {
    if (fresh) await remove(path, handle);
    await handle.close();
    throw error;
  }
}

/** What lies beside the file of a loop device is not on it; what is mounted from it was refused before. */
async function isLoop(kind: string | undefined, handle: FileHandle, { devices }: DiskSurroundings): Promise<boolean> {
  if (kind !== 'device') return false;
  return (await devices.byNumber(deviceNumber((await handle.stat({ bigint: true })).rdev)))?.loop !== undefined;
}

function destination(
  facts: Omit<DiskDestination, 'fresh' | 'read' | 'write' | 'lend' | 'flush' | 'forget' | 'close'>,
  handle: FileHandle,
  fresh: boolean,
): DiskDestination {
  const { path } = facts;
  let entryIsDurable = !fresh;
  let poison: { readonly error: unknown } | undefined;
  let closed = false;
  const queue = createWriteQueue(handle);
  const file = lendFile(handle);

  return {
    ...facts,
    fresh,
    read: (...wanted) => readLentDisk({ path, handle, file }, ...wanted),
    lend: (use) => file.lend(use),
    async write(offset, bytes) {
      assertInside(facts, offset, bytes.byteLength);
      // A disk takes several at once; a file does not.
      await system('write', path, () =>
        facts.kind === 'file' ? queue.write(bytes, offset) : writeFully(handle, bytes, offset),
      );
    },
    async flush() {
      if (poison !== undefined) throw poison.error;
      try {
        await system('flush', path, async () => {
          await handle.datasync();
          if (!entryIsDurable) await syncFolder(dirname(path));
          entryIsDurable = true;
        });
      } catch (error) {
        // The kernel reports lost writes once and then forgets them: a second flush would claim that all is well.
        poison = { error };
        throw error;
      }
    },
    async forget() {
      // What was written is on the medium either way: to read it from memory is less, and no reason to fail.
      await forgetRead(path).catch(() => undefined);
    },
    async close(options) {
      if (closed) return;
      closed = true;
      const { discard = false, modifiedAt } = options ?? {};
      if (fresh && discard) await remove(path, handle);
      if (modifiedAt !== undefined && facts.kind === 'file')
        await system('close', path, () => handle.utimes(new Date(), modifiedAt));
      await system('close', path, () => file.close());
    },
  };
}

/** All holes. */
async function make(path: string, size: number): Promise<FileHandle> {
  const handle = await system('make', path, () => open(path, O_RDWR | O_CREAT | O_EXCL, 0o600));
  try {
    await system('make', path, () => handle.truncate(size));
    return handle;
  } catch (error) {
    await remove(path, handle);
    await handle.close();
    throw error;
  }
}

/** `O_EXCL` on a device keeps out mounts, and is refused while there is one, also in namespaces that we do not see. */
async function openExisting(
  path: string,
  kind: 'device' | 'file',
  surroundings: DiskSurroundings,
): Promise<FileHandle> {
  try {
    return await open(path, kind === 'device' ? O_RDWR | O_EXCL : O_RDWR);
  } catch (error) {
    if (kind === 'device' && errnoOf(error) === 'EBUSY') throw await whoUses(path, surroundings, error);
    return system('open', path, () => Promise.reject(error));
  }
}

/** What the kernel means when it says that a device is busy, as far as can be seen from here. */
async function whoUses(path: string, surroundings: DiskSurroundings, cause: unknown): Promise<SysimageError> {
  const handle = await system('open', path, () => open(path, O_RDONLY));
  try {
    const { mounts } = await factsOf(path, handle, surroundings);
    if (mounts.length > 0) return mounted(path, mounts);
  } finally {
    await handle.close();
  }
  return new SysimageError('busy', `${path} is in use`, {
    operation: 'open',
    context: { path },
    remedy: `Put away what is made of it or uses it: LVM, LUKS, RAID, swap, another program. "lsblk ${path}" shows more.`,
    cause,
  });
}

/** Removes the file only while the name still means this file. */
async function remove(path: string, handle: FileHandle): Promise<void> {
  const [entry, opened] = await Promise.all([
    lstat(path, { bigint: true }).catch(() => undefined),
    handle.stat({ bigint: true }),
  ]);
  if (entry?.ino === opened.ino && entry.dev === opened.dev) await system('remove', path, () => unlink(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function mounted(path: string, mounts: readonly SourceMount[]): SysimageError {
  const places = [...new Set(mounts.map(({ mountPoint }) => mountPoint))].join(', ');
  return new SysimageError('busy', `${path} is mounted at ${places}`, {
    operation: 'open',
    context: { path },
    remedy: `Unmount ${places} first.`,
  });
}
