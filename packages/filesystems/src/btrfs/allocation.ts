import { FormatError } from '@sysimage/bytes';
import type { ExtentSet } from '@sysimage/extents';
import { AllocationMapBuilder } from '../allocation-map-builder.js';
import type { Volume } from '../volume.js';
import { chunkItem, ChunkMap, systemChunks } from './chunks.js';
import { superblockOffsets, superblockSize, type BtrfsSuperblock, type TreeRoot } from './superblock.js';
import { itemsOf, type TreeReader } from './tree.js';

/** Nothing is ever allocated below; boot loaders live there. */
const reservedSize = 1024 * 1024;
const extentTree = 2n;
const rootItem = 132;
const extentItem = 168;
const metadataItem = 169;

/** What the extent tree has, in all its copies, the superblocks, the reserved area, and what follows the device's end. */
export async function btrfsAllocation(volume: Volume, superblock: BtrfsSuperblock): Promise<ExtentSet> {
  const reader = { volume, superblock, chunks: await readChunks(volume, superblock) };
  const logical = await usedAddresses(reader, await findExtentTree(reader));
  if (logical.size !== superblock.bytesUsed) {
    const message = `Btrfs: its extents are ${logical.size} bytes, its superblock says ${superblock.bytesUsed}`;
    throw new FormatError('corrupt', message);
  }
  const fixed = new AllocationMapBuilder(volume.size);
  fixed.add(0, reservedSize);
  for (const offset of superblockOffsets) fixed.add(offset, offset + superblockSize);
  fixed.add(superblock.deviceSize, volume.size);

  const used = new AllocationMapBuilder(volume.size);
  let total = 0;
  for (const { start, end, offsets } of reader.chunks.chunks) {
    for (const run of logical.within(start, end)) total += run.end - run.start;
    for (const offset of offsets) {
      for (const run of logical.within(start, end)) used.add(run.start - start + offset, run.end - start + offset);
    }
  }
  if (total !== logical.size) throw new FormatError('corrupt', 'Btrfs: some of its extents are in no chunk');
  return used.build().union(fixed.build());
}

async function readChunks(volume: Volume, superblock: BtrfsSuperblock): Promise<ChunkMap> {
  const chunks = new ChunkMap(superblock);
  const reader = { volume, superblock, chunks: systemChunks(superblock) };
  for await (const { key, value } of itemsOf(reader, superblock.chunkRoot)) {
    if (key.type === chunkItem) chunks.add(Number(key.offset), value);
  }
  return chunks;
}

async function findExtentTree(reader: TreeReader): Promise<TreeRoot> {
  for await (const { key, value } of itemsOf(reader, reader.superblock.root)) {
    if (key.objectId > extentTree) break;
    if (key.objectId === extentTree && key.type === rootItem) {
      return { address: value.u64le(176), generation: value.u64le(160), level: value.u8(238) };
    }
  }
  throw new FormatError('corrupt', 'Btrfs: no extent tree');
}

async function usedAddresses(reader: TreeReader, root: TreeRoot): Promise<ExtentSet> {
  const { nodeSize, sectorSize } = reader.superblock;
  const builder = new AllocationMapBuilder(Number.MAX_SAFE_INTEGER);
  let end = 0;
  for await (const { key, value } of itemsOf(reader, root)) {
    if (key.type !== extentItem && key.type !== metadataItem) continue;
    const start = Number(key.objectId);
    const length = key.type === metadataItem ? nodeSize : Number(key.offset);
    const isRight = start >= end && length > 0 && start % sectorSize === 0 && length % sectorSize === 0;
    if (!isRight || !Number.isSafeInteger(start + length)) throw value.corrupt(`extent of ${length} bytes at ${start}`);
    builder.add(start, start + length);
    end = start + length;
  }
  return builder.build();
}
