import { open, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createDisks, mountOf, readMounts, systemRoots, type Mount } from '@sysimage/block-device';
import type { ReadAt } from '@sysimage/bytes';
import { SysimageError } from '@sysimage/core/plugin';
import { readFileSystem } from '@sysimage/filesystems';

/** Drivers of the kernel that mount NTFS and nothing else. */
const ntfsDrivers: ReadonlySet<string> = new Set(['ntfs', 'ntfs3', 'fuse.ntfs-3g', 'fuse.ntfs', 'fuseblk.ntfs-3g']);
/** FUSE does not always say which program it is: then the volume itself must. */
const anyFuse: ReadonlySet<string> = new Set(['fuse', 'fuseblk']);
const oemId = 'NTFS    ';

/** A folder on a mounted NTFS volume. */
export interface NtfsFolder {
  readonly mount: Mount;
  /** The folder itself, or the nearest one above it that is there; without links. */
  readonly existing: string;
}

/** The NTFS volume that a path lies on. Errors: `unsupported` when it lies on another file system, naming it. */
export async function ntfsFolderAt(path: string): Promise<NtfsFolder> {
  const existing = await realpath(await nearestExisting(resolve(path)));
  const mount = mountOf(existing, await readMounts(systemRoots({})));
  if (mount === undefined) throw refused(path, 'its mount cannot be found');
  if (ntfsDrivers.has(mount.fileSystem)) return { mount, existing };
  if (!anyFuse.has(mount.fileSystem)) throw refused(path, `it lies on ${mount.fileSystem}`);
  const found = await oemIdOf(mount.source);
  if (found === oemId) return { mount, existing };
  throw refused(
    path,
    found === undefined
      ? `${mount.source} cannot be read, so that nobody knows what it is`
      : `${mount.source} holds ${await contentOf(mount.source)}`,
  );
}

async function contentOf(source: string): Promise<string> {
  const device = await createDisks().openSource(source);
  try {
    const read: ReadAt = async (offset, length) => {
      const bytes = new Uint8Array(length);
      await device.read(offset, bytes);
      return bytes;
    };
    return (await readFileSystem(read, { size: device.size, map: false }))?.type ?? 'another file system';
  } finally {
    await device.close();
  }
}

/** Bytes 3 to 10 of the boot sector. */
async function oemIdOf(source: string): Promise<string | undefined> {
  try {
    const file = await open(source, 'r');
    try {
      const bytes = new Uint8Array(oemId.length);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 3);
      return bytesRead === bytes.length ? String.fromCharCode(...bytes) : '';
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

async function nearestExisting(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined || dirname(path) === path ? path : nearestExisting(dirname(path));
}

function refused(path: string, why: string): SysimageError {
  return new SysimageError('unsupported', `${path} is not on an NTFS volume: ${why}`, {
    operation: 'open',
    context: { path },
    remedy: 'Mount the NTFS volume first, or use dir: for a folder on any file system.',
  });
}
