import { open, type FileHandle } from 'node:fs/promises';
import type { PhysicalDisk } from '@sysimage/core/plugin';
import { isDynamicDisk, readPartitionTable } from '@sysimage/partition-table';

/**
 * Whether Windows made this a dynamic disk: by the partition types, which is all that it takes. Of what cannot be read, and of a table that
 * is broken in all its copies, nobody knows.
 */
export async function isDynamic(
  path: string,
  disk: { readonly size: number; readonly sectorSize: number },
): Promise<PhysicalDisk['dynamic']> {
  if (disk.size === 0) return 'unknown';
  try {
    const handle = await open(path, 'r');
    try {
      const table = await readPartitionTable((offset, length) => readAll(handle, offset, length), disk);
      return isDynamicDisk(table) ? 'yes' : 'no';
    } finally {
      await handle.close();
    }
  } catch {
    return 'unknown';
  }
}

async function readAll(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await handle.read(bytes, 0, length, offset);
  if (bytesRead < length) throw new Error('it is shorter than the system says');
  return bytes;
}
