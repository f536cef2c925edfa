import { FormatError } from '@sysimage/bytes';
import type { FileBytes } from '../files/file-tree.js';
import type { Volume } from '../volume.js';
import { mapBlock } from './block-map.js';
import type { ExtInode } from './inode.js';
import type { ExtSuperblock } from './superblock.js';

/** The bytes of a file, a directory, or the path a link holds. */
export function inodeBytes(volume: Volume, superblock: ExtSuperblock, inode: ExtInode): FileBytes {
  const { size, inline, isEncrypted } = inode;
  const { blockSize } = superblock;
  if (isEncrypted) throw new FormatError('unsupported', 'ext: the file is encrypted');
  if (inline !== undefined) {
    return {
      size,
      async read(offset, length) {
        const bytes = new Uint8Array(length);
        bytes.set(inline.subarray(offset, offset + length));
        return bytes;
      },
    };
  }
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const logical = Math.floor((offset + done) / blockSize);
        const inside = offset + done - logical * blockSize;
        const { block, count } = await mapBlock(volume, superblock, inode, logical);
        const step = Math.min(length - done, count * blockSize - inside);
        if (block !== undefined) bytes.set(await volume.read(block * blockSize + inside, step), done);
        done += step;
      }
      return bytes;
    },
  };
}
