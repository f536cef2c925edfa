import type { ReadAt } from '@sysimage/bytes';
import { readFileSystem, type FileSystem } from '@sysimage/filesystems';
import { isSysimageError } from '../contract/errors.js';

/** A dying disk is what backups are for: a volume whose metadata cannot be read is copied whole. */
export async function recognise(
  read: ReadAt,
  volume: { readonly size: number; readonly sectorSize: number },
): Promise<FileSystem | undefined> {
  try {
    return await readFileSystem(read, volume);
  } catch (error) {
    if (isSysimageError(error, 'corrupt')) return undefined;
    throw error;
  }
}
