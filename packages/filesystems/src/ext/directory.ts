import { ByteView } from '@sysimage/bytes';
import type { Volume } from '../volume.js';
import { inodeBytes } from './file-data.js';
import type { ExtInode } from './inode.js';
import type { ExtSuperblock } from './superblock.js';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const headerSize = 8;
/** Larger directories are nobody's; one that claims to be is read to here. */
const maxDirectorySize = 256 * 1024 * 1024;

/** A name in a directory, and the number of its inode. */
export interface ExtName {
  readonly name: string;
  readonly inode: number;
}

/** The names in a directory, block by block; an index of it looks like blocks without names. */
export async function* namesIn(volume: Volume, superblock: ExtSuperblock, inode: ExtInode): AsyncGenerator<ExtName> {
  if (inode.inline !== undefined) {
    // Four bytes for the parent, then entries; those that lie behind the inode are a block of their own.
    yield* namesOf(superblock, new ByteView(inode.inline.subarray(4, 60), 'ext directory in an inode'));
    yield* namesOf(superblock, new ByteView(inode.inline.subarray(60), 'ext directory in an inode'));
    return;
  }
  const { size, read } = inodeBytes(volume, superblock, inode);
  const { blockSize } = superblock;
  for (let offset = 0; offset + blockSize <= Math.min(size, maxDirectorySize); offset += blockSize) {
    yield* namesOf(superblock, new ByteView(await read(offset, blockSize), `ext directory ${inode.number}`, offset));
  }
}

function* namesOf({ hasFileTypes }: ExtSuperblock, block: ByteView): Generator<ExtName> {
  for (let at = 0; at + headerSize <= block.length;) {
    const inode = block.u32le(at);
    const recorded = block.u16le(at + 4);
    // With blocks of 64 KiB the length does not fit.
    const length = recorded === 0 || recorded === 65535 ? 65536 : recorded;
    const nameLength = hasFileTypes ? block.u8(at + 6) : block.u16le(at + 6);
    if (inode !== 0) {
      if (length < headerSize + nameLength) throw block.corrupt(`entry of ${length} bytes`, at);
      const name = utf8.decode(block.slice(at + headerSize, nameLength));
      if (name !== '.' && name !== '..') yield { name, inode };
    } else if (length < headerSize) return; // the end of a directory kept in an inode
    at += length;
  }
}
