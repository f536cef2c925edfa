import { ByteView, type ReadAt } from '@sysimage/bytes';
import { openExfatFiles } from '../exfat/files.js';
import { openExtFiles } from '../ext/files.js';
import { openFatFiles } from '../fat/files.js';
import { openNtfsFiles } from '../ntfs/files.js';
import { findSignatures } from '../signatures.js';
import { openVolume } from '../volume.js';
import type { Files } from './files.js';

/** As much as any signature needs. */
const headSize = 128 * 1024;

/**
 * Opens the files of an NTFS, FAT, exFAT or ext volume of `size` bytes. `undefined`: it is none of these, or something that
 * holds volumes of its own (BitLocker, LUKS, LVM, md) lies around it.
 *
 * What is read is what lies there: the journal of an unclean volume is not looked at. Rejects with `FormatError` when the
 * volume makes no sense; rejections of `read` pass through.
 */
export async function openFiles(read: ReadAt, { size }: { readonly size: number }): Promise<Files | undefined> {
  if (size < 512) return undefined;
  const volume = openVolume(read, size);
  const head = new ByteView(await volume.read(0, Math.min(headSize, size)), 'volume');
  if ((await findSignatures(volume, head)).some(({ wraps }) => wraps)) return undefined;
  for (const open of [openNtfsFiles, openFatFiles, openExfatFiles, openExtFiles]) {
    const files = await open(volume, head);
    if (files !== undefined) return files;
  }
  return undefined;
}
