import { ByteView } from '@sysimage/bytes';
import type { FileSystemType } from '../file-system.js';

export const superblockOffset = 1024;
const magic = 0xef53;
/** 1024 times a power of two, up to 64 KiB. */
const maxBlockSizeExponent = 6;

export const incompatible = {
  fileType: 0x2,
  recover: 0x4,
  journalDevice: 0x8,
  metaGroups: 0x10,
  wide: 0x80,
} as const;
const compatible = { hasJournal: 0x4, sparseSuper2: 0x200 } as const;
const readOnlyCompatible = {
  sparseSuper: 0x1,
  largeFile: 0x2,
  directoryTree: 0x4,
  groupChecksum: 0x10,
  bigAllocation: 0x200,
  metadataChecksum: 0x400,
  orphansPresent: 0x10000,
} as const;

/** Features that change nothing about where space in use is recorded, or are accounted for here. */
const knownIncompatible = 0x3f7d7;
const knownReadOnlyCompatible = 0x1ffff;

/** The superblock of ext2, ext3 or ext4, checked for sense. Counts are of blocks unless the name says otherwise. */
export interface ExtSuperblock {
  readonly view: ByteView;
  readonly type: FileSystemType;
  readonly blockSize: number;
  readonly blockCount: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  /** Blocks one bit of a bitmap stands for; more than 1 with bigalloc. */
  readonly blocksPerCluster: number;
  readonly groupCount: number;
  readonly inodesPerGroup: number;
  readonly inodeSize: number;
  readonly inodeTableBlocks: number;
  /** Whether directories note what each name stands for, in what was the upper byte of its length. */
  readonly hasFileTypes: boolean;
  readonly descriptorSize: number;
  readonly descriptorsPerBlock: number;
  readonly reservedDescriptorBlocks: number;
  /** The first block of descriptors in the meta_bg layout; `undefined` when there is none. */
  readonly firstMetaGroup: number | undefined;
  /** Whether the flags in descriptors count (bitmaps that were never written). */
  readonly hasDescriptorFlags: boolean;
  readonly isSparse: boolean;
  /** The two groups with copies under sparse_super2. */
  readonly backupGroups: readonly number[] | undefined;
  readonly size: number;
}

/** 512 TiB with the usual groups; keeps hostile numbers from becoming endless loops. */
const maxGroupCount = 4 * 1024 * 1024;

/** Two bytes of magic are few: on FAT16 they can be an entry of the table. So a few more fields must look right. */
export function isExt(head: ByteView): boolean {
  if (head.length < 2048) return false;
  const view = head.view(superblockOffset, 1024);
  const hasCounts = [0, 4, 32, 40].every((at) => view.u32le(at) !== 0) || isExtJournal(head);
  return view.u16le(56) === magic && hasCounts && view.u32le(24) <= maxBlockSizeExponent && view.u32le(76) <= 1;
}

/** A device that is the journal of another: it has a superblock, but no groups and no inodes to count. */
export function isExtJournal(head: ByteView): boolean {
  return head.view(superblockOffset, 1024).u32le(96) === incompatible.journalDevice;
}

/** Throws `FormatError` when the numbers make no sense. */
export function readExtSuperblock(head: ByteView): ExtSuperblock {
  const view = head.view(superblockOffset, 1024, 'ext superblock');
  const check = (isRight: boolean, what: string) => {
    if (!isRight) throw view.corrupt(`${what} makes no sense`);
  };
  const revision = view.u32le(76);
  const compat = revision === 0 ? 0 : view.u32le(92);
  const incompat = revision === 0 ? 0 : view.u32le(96);
  const readOnly = revision === 0 ? 0 : view.u32le(100);
  const isWide = (incompat & incompatible.wide) !== 0;
  check(view.u32le(24) <= maxBlockSizeExponent, 'block size');
  const blockSize = 1024 * 2 ** view.u32le(24);
  const isBig = (readOnly & readOnlyCompatible.bigAllocation) !== 0;
  check(!isBig || (view.u32le(28) >= view.u32le(24) && view.u32le(28) <= 20), 'cluster size');
  const blocksPerCluster = isBig ? 2 ** (view.u32le(28) - view.u32le(24)) : 1;
  const blocksPerGroup = view.u32le(32);
  check(blocksPerGroup >= 256 && blocksPerGroup % (8 * blocksPerCluster) === 0, 'blocks per group');
  check(blocksPerGroup / blocksPerCluster <= blockSize * 8, 'clusters per group');
  const firstDataBlock = view.u32le(20);
  check(firstDataBlock === (blockSize === 1024 && !isBig ? 1 : 0), 'first data block');
  const blockCount = view.u32le(4) + (isWide ? view.u32le(0x150) * 2 ** 32 : 0);
  check(blockCount > firstDataBlock && Number.isSafeInteger(blockCount * blockSize), 'number of blocks');
  const inodeSize = revision === 0 ? 128 : view.u16le(88);
  check(inodeSize >= 128 && inodeSize <= blockSize, 'inode size');
  const inodesPerGroup = view.u32le(40);
  check(inodesPerGroup > 0 && inodesPerGroup <= blockSize * 8, 'inodes per group');
  const descriptorSize = isWide ? view.u16le(254) : 32;
  check([32, 64, 128, 256, 512, 1024].includes(descriptorSize) && (!isWide || descriptorSize >= 64), 'descriptor size');
  const groupCount = Math.ceil((blockCount - firstDataBlock) / blocksPerGroup);
  check(groupCount <= maxGroupCount, 'number of groups');
  return {
    view,
    type: typeOf(compat, incompat, readOnly),
    blockSize,
    blockCount,
    firstDataBlock,
    blocksPerGroup,
    blocksPerCluster,
    groupCount,
    inodesPerGroup,
    inodeSize,
    hasFileTypes: (incompat & incompatible.fileType) !== 0,
    inodeTableBlocks: Math.ceil((inodesPerGroup * inodeSize) / blockSize),
    descriptorSize,
    descriptorsPerBlock: blockSize / descriptorSize,
    reservedDescriptorBlocks: view.u16le(206),
    firstMetaGroup: (incompat & incompatible.metaGroups) === 0 ? undefined : view.u32le(260),
    hasDescriptorFlags: (readOnly & (readOnlyCompatible.groupChecksum | readOnlyCompatible.metadataChecksum)) !== 0,
    isSparse: (readOnly & readOnlyCompatible.sparseSuper) !== 0,
    backupGroups: (compat & compatible.sparseSuper2) === 0 ? undefined : [view.u32le(588), view.u32le(592)],
    size: blockCount * blockSize,
  };
}

/** As blkid has it: what ext2 and ext3 drivers of old can read goes by their name. */
function typeOf(compat: number, incompat: number, readOnly: number): FileSystemType {
  const { sparseSuper, largeFile, directoryTree } = readOnlyCompatible;
  const hasNews =
    (readOnly & ~(sparseSuper | largeFile | directoryTree)) !== 0 ||
    (incompat & ~(incompatible.fileType | incompatible.metaGroups | incompatible.recover)) !== 0;
  if (hasNews) return 'ext4';
  return (compat & compatible.hasJournal) === 0 ? 'ext2' : 'ext3';
}

/** Why the space in use cannot be told from what is read here. */
export function featuresNotKnown({ view }: ExtSuperblock): string | undefined {
  if (view.u32le(76) === 0) return undefined;
  const incompat = (view.u32le(96) & ~knownIncompatible) >>> 0;
  const readOnly = (view.u32le(100) & ~knownReadOnlyCompatible) >>> 0;
  if (incompat !== 0) return `it has features not known here (${incompat.toString(16)})`;
  return readOnly === 0 ? undefined : `it has features not known here (read-only ${readOnly.toString(16)})`;
}

/** Open files without a name, and nothing worse. */
export const filesToDelete = 'files waiting to be deleted';

/** Why the file system was not put away properly, or `undefined` when it was. */
export function uncleanReason({ view }: ExtSuperblock): string | undefined {
  const state = view.u16le(58);
  if ((view.u32le(96) & incompatible.recover) !== 0) return 'journal needs recovery';
  if ((state & 1) === 0) return 'not unmounted';
  if ((state & 2) !== 0) return 'errors noted';
  if ((state & 4) !== 0 || view.u32le(232) !== 0) return filesToDelete;
  if ((view.u32le(100) & readOnlyCompatible.orphansPresent) !== 0) return filesToDelete;
  return undefined;
}
