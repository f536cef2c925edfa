import type { ByteView } from '@sysimage/bytes';
import { filesOf, type Files } from '../files/files.js';
import type { Volume } from '../volume.js';
import { namesIn } from './directory.js';
import { inodeBytes } from './file-data.js';
import { readInode } from './inode.js';
import { isExt, isExtJournal, readExtSuperblock } from './superblock.js';

const rootInode = 2;

/** Opens the files of an ext2, ext3 or ext4 volume; `undefined` when it is none. */
export async function openExtFiles(volume: Volume, head: ByteView): Promise<Files | undefined> {
  if (!isExt(head) || isExtJournal(head)) return undefined;
  const superblock = readExtSuperblock(head);
  const inodeOf = (number: number) => readInode(volume, superblock, number);
  return filesOf<number>({
    root: rootInode,
    async *children(directory) {
      for await (const { name, inode } of namesIn(volume, superblock, await inodeOf(directory))) {
        yield { name, node: inode };
      }
    },
    isSameName: (a, b) => a === b,
    describe: inodeOf,
    open: async (number) => inodeBytes(volume, superblock, await inodeOf(number)),
  });
}
