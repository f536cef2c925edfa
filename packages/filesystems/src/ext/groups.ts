import { ByteView } from '@sysimage/bytes';
import { pieceSize, type Volume } from '../volume.js';
import type { ExtSuperblock } from './superblock.js';

/** What a block group says about itself. Block numbers are of the file system. */
export interface BlockGroup {
  readonly index: number;
  readonly firstBlock: number;
  readonly blockCount: number;
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
  /** In clusters. */
  readonly freeCount: number;
  /** The block bitmap was never written; only the metadata of groups lies here. */
  readonly isBitmapUnused: boolean;
}

/** All block groups in order; descriptors are read in pieces. */
export async function* blockGroups(volume: Volume, superblock: ExtSuperblock): AsyncGenerator<BlockGroup> {
  const { blockSize, descriptorsPerBlock, groupCount } = superblock;
  const blocks = Math.ceil(groupCount / descriptorsPerBlock);
  for (let block = 0; block < blocks;) {
    const count = piece(superblock, block, blocks);
    const offset = descriptorBlock(superblock, block) * blockSize;
    const view = new ByteView(await volume.read(offset, count * blockSize), 'ext group descriptors', offset);
    const firstGroup = block * descriptorsPerBlock;
    const endGroup = Math.min(groupCount, (block + count) * descriptorsPerBlock);
    for (let group = firstGroup; group < endGroup; group += 1) {
      yield blockGroup(superblock, view, (group - firstGroup) * superblock.descriptorSize, group);
    }
    block += count;
  }
}

/** The block group `index`, whose descriptor alone is read. */
export async function readBlockGroup(volume: Volume, superblock: ExtSuperblock, index: number): Promise<BlockGroup> {
  const { blockSize, descriptorsPerBlock, descriptorSize } = superblock;
  const block = Math.floor(index / descriptorsPerBlock);
  const offset = descriptorBlock(superblock, block) * blockSize;
  const view = new ByteView(await volume.read(offset, blockSize), 'ext group descriptors', offset);
  return blockGroup(superblock, view, (index % descriptorsPerBlock) * descriptorSize, index);
}

/** How many blocks of descriptors lie one after the other from `block`, at most a piece. */
function piece({ blockSize, firstMetaGroup }: ExtSuperblock, block: number, blocks: number): number {
  if (firstMetaGroup !== undefined && block >= firstMetaGroup) return 1;
  return Math.min(pieceSize / blockSize, Math.min(firstMetaGroup ?? blocks, blocks) - block);
}

/** Where a block of descriptors lies: after the superblock, or in the meta_bg layout at the front of its own groups. */
function descriptorBlock(superblock: ExtSuperblock, block: number): number {
  const { blockSize, firstMetaGroup, descriptorsPerBlock } = superblock;
  if (firstMetaGroup === undefined || block < firstMetaGroup) return superblockBlock(superblock) + 1 + block;
  const group = block * descriptorsPerBlock;
  // With blocks of 1 KiB the first one belongs to the boot loader, also where bigalloc counts it in.
  const boot = group === 0 && blockSize === 1024 && superblock.firstDataBlock === 0 ? 1 : 0;
  return firstBlockOf(superblock, group) + (hasSuperblock(superblock, group) ? 1 : 0) + boot;
}

function superblockBlock({ blockSize }: ExtSuperblock): number {
  return blockSize === 1024 ? 1 : 0;
}

function firstBlockOf({ firstDataBlock, blocksPerGroup }: ExtSuperblock, group: number): number {
  return firstDataBlock + group * blocksPerGroup;
}

function blockGroup(superblock: ExtSuperblock, view: ByteView, at: number, index: number): BlockGroup {
  const isWide = superblock.descriptorSize >= 64;
  const number = (low: number, high: number) => view.u32le(at + low) + (isWide ? view.u32le(at + high) * 2 ** 32 : 0);
  const firstBlock = firstBlockOf(superblock, index);
  return {
    index,
    firstBlock,
    blockCount: Math.min(superblock.blocksPerGroup, superblock.blockCount - firstBlock),
    blockBitmap: number(0, 0x20),
    inodeBitmap: number(4, 0x24),
    inodeTable: number(8, 0x28),
    freeCount: view.u16le(at + 12) + (isWide ? view.u16le(at + 0x2c) * 65536 : 0),
    isBitmapUnused: superblock.hasDescriptorFlags && (view.u16le(at + 18) & 2) !== 0,
  };
}

/** Whether a group begins with a copy of the superblock. */
export function hasSuperblock({ isSparse, backupGroups }: ExtSuperblock, group: number): boolean {
  if (group === 0) return true;
  if (backupGroups !== undefined) return backupGroups.includes(group);
  return !isSparse || group === 1 || isPowerOf(group, 3) || isPowerOf(group, 5) || isPowerOf(group, 7);
}

function isPowerOf(value: number, base: number): boolean {
  let power = base;
  while (power < value) power *= base;
  return power === value;
}

/** Blocks at the front of a group taken by copies of the superblock and of descriptors. */
export function leadingBlocks(superblock: ExtSuperblock, group: number): number {
  const { descriptorsPerBlock, firstMetaGroup, groupCount, reservedDescriptorBlocks } = superblock;
  const boot = group === 0 && superblock.firstDataBlock === 0 ? superblockBlock(superblock) : 0;
  const copies = hasSuperblock(superblock, group)
    ? boot + 1 + (firstMetaGroup ?? Math.ceil(groupCount / descriptorsPerBlock) + reservedDescriptorBlocks)
    : 0;
  // The first, second and last group of a meta group hold its block of descriptors.
  const inMetaGroup = group % descriptorsPerBlock;
  const isMeta = firstMetaGroup !== undefined && group >= firstMetaGroup * descriptorsPerBlock;
  return copies + (isMeta && (inMetaGroup < 2 || inMetaGroup === descriptorsPerBlock - 1) ? 1 : 0);
}
