import { FormatError } from '@sysimage/bytes';
import type { ExtentSet } from '@sysimage/extents';
import { AllocationMapBuilder } from '../allocation-map-builder.js';
import { pieceSize, type Volume } from '../volume.js';
import { blockGroups, leadingBlocks, type BlockGroup } from './groups.js';
import type { ExtSuperblock } from './superblock.js';

/**
 * Blocks the bitmaps mark and the metadata of every group; the latter apart, since a bitmap that was never written says
 * nothing, and since flex_bg puts the metadata of one group into another. Boot blocks and what follows the last block too.
 */
export async function extAllocation(volume: Volume, superblock: ExtSuperblock): Promise<ExtentSet> {
  const { blockSize } = superblock;
  const metadata = new AllocationMapBuilder(volume.size);
  const marked = new AllocationMapBuilder(volume.size);
  const addBlocks = (first: number, count: number) => {
    if (first <= 0 || first + count > superblock.blockCount) {
      throw new FormatError('corrupt', `ext group descriptors: block ${first} is outside the file system`);
    }
    metadata.add(first * blockSize, (first + count) * blockSize);
  };
  metadata.add(0, 2048);
  for await (const batch of batches(volume, superblock)) {
    const bytes = await volume.read((batch[0]?.blockBitmap ?? 0) * blockSize, batch.length * blockSize);
    batch.forEach((group, i) => {
      const lead = Math.min(leadingBlocks(superblock, group.index), group.blockCount);
      metadata.add(group.firstBlock * blockSize, (group.firstBlock + lead) * blockSize);
      addBlocks(group.blockBitmap, 1);
      addBlocks(group.inodeBitmap, 1);
      addBlocks(group.inodeTable, superblock.inodeTableBlocks);
      if (!group.isBitmapUnused) {
        addGroupBits(marked, superblock, group, bytes.subarray(i * blockSize, (i + 1) * blockSize));
      }
    });
  }
  metadata.add(superblock.size, volume.size);
  // A cluster that holds some metadata is in use as a whole.
  const whole = metadata.build().alignOut(blockSize * superblock.blocksPerCluster);
  return marked.build().union(whole).clip(0, volume.size);
}

/** Groups whose bitmaps lie one after the other (flex_bg), so that one read serves them all. */
async function* batches(volume: Volume, superblock: ExtSuperblock): AsyncGenerator<readonly BlockGroup[]> {
  let batch: BlockGroup[] = [];
  for await (const group of blockGroups(volume, superblock)) {
    const follows = group.blockBitmap === (batch.at(-1)?.blockBitmap ?? -1) + 1;
    if (batch.length > 0 && (!follows || (batch.length + 1) * superblock.blockSize > pieceSize)) {
      yield batch;
      batch = [];
    }
    batch.push(group);
  }
  if (batch.length > 0) yield batch;
}

function addGroupBits(
  marked: AllocationMapBuilder,
  { blockSize, blocksPerCluster }: ExtSuperblock,
  group: BlockGroup,
  bitmap: Uint8Array,
): void {
  const clusters = Math.ceil(group.blockCount / blocksPerCluster);
  const used = marked.addBits(bitmap, clusters, group.firstBlock * blockSize, blockSize * blocksPerCluster);
  // The kernel refuses to allocate from a group where these two disagree; a map made from it could miss data.
  if (clusters - used !== group.freeCount) {
    const message = `ext block group ${group.index}: its bitmap has ${clusters - used} free, its descriptor ${group.freeCount}`;
    throw new FormatError('corrupt', message, { offset: group.blockBitmap * blockSize });
  }
}
