import { ByteView, FormatError } from '@sysimage/bytes';
import type { Volume } from '../volume.js';
import type { ExtInode } from './inode.js';
import type { ExtSuperblock } from './superblock.js';

/** Blocks of a file that lie one after the other; `block` is `undefined` for a hole. */
export interface MappedBlocks {
  readonly block: number | undefined;
  readonly count: number;
}

const extentMagic = 0xf30a;
const extentSize = 12;
const maxDepth = 5;
/** A longer one says by this much more that it was never written. */
const maxExtentBlocks = 32768;
const directBlocks = 12;

/** Where block `logical` of a file is, and how many after it go on in the same way (at least one). */
export async function mapBlock(
  volume: Volume,
  superblock: ExtSuperblock,
  inode: ExtInode,
  logical: number,
): Promise<MappedBlocks> {
  const found = inode.hasExtents
    ? await byExtents(volume, superblock, inode, logical)
    : await byPointers(volume, superblock, inode, logical);
  if (found.block !== undefined && !(found.block > 0 && found.block + found.count <= superblock.blockCount)) {
    throw inode.map.corrupt(`block ${found.block} is outside the file system`);
  }
  return found;
}

async function byExtents(
  volume: Volume,
  superblock: ExtSuperblock,
  { map }: ExtInode,
  logical: number,
): Promise<MappedBlocks> {
  let node = map;
  let depth = map.u16le(6);
  let limit = Number.MAX_SAFE_INTEGER;
  if (depth > maxDepth) throw map.corrupt(`tree of ${depth} levels`, 6);
  for (;;) {
    if (node.u16le(0) !== extentMagic || node.u16le(6) !== depth)
      throw node.corrupt('is no node of the tree of extents');
    const entries = node.u16le(2);
    let at: number | undefined;
    for (let i = 1; i <= entries; i += 1) {
      const start = node.u32le(i * extentSize);
      if (start > logical) {
        limit = Math.min(limit, start);
        break;
      }
      at = i * extentSize;
    }
    if (at === undefined) return { block: undefined, count: limit - logical };
    if (depth === 0) return inExtent(node, at, logical, limit);
    const child = node.u32le(at + 4) + node.u16le(at + 8) * 2 ** 32;
    node = await readBlock(volume, superblock, child);
    depth -= 1;
  }
}

function inExtent(node: ByteView, at: number, logical: number, limit: number): MappedBlocks {
  const length = node.u16le(at + 4);
  const isWritten = length <= maxExtentBlocks;
  const blocks = isWritten ? length : length - maxExtentBlocks;
  const inside = logical - node.u32le(at);
  if (inside >= blocks) return { block: undefined, count: limit - logical };
  const first = node.u32le(at + 8) + node.u16le(at + 6) * 2 ** 32;
  return { block: isWritten ? first + inside : undefined, count: blocks - inside };
}

/** Twelve blocks, then blocks of pointers one, two and three levels deep. */
async function byPointers(
  volume: Volume,
  superblock: ExtSuperblock,
  { map }: ExtInode,
  logical: number,
): Promise<MappedBlocks> {
  const perBlock = superblock.blockSize / 4;
  if (logical < directBlocks) return pointersFrom(map, logical, directBlocks);
  let inside = logical - directBlocks;
  for (let level = 1; level <= 3; level += 1) {
    const span = perBlock ** level;
    if (inside >= span) {
      inside -= span;
      continue;
    }
    let block = map.u32le((directBlocks - 1 + level) * 4);
    for (let below = span / perBlock; ; below /= perBlock) {
      if (block === 0) return { block: undefined, count: below * perBlock - inside };
      const pointers = await readBlock(volume, superblock, block);
      if (below === 1) return pointersFrom(pointers, inside, perBlock);
      block = pointers.u32le(Math.floor(inside / below) * 4);
      inside %= below;
    }
  }
  throw map.corrupt(`block ${logical} is further than pointers reach`);
}

function pointersFrom(pointers: ByteView, index: number, end: number): MappedBlocks {
  const block = pointers.u32le(index * 4);
  let count = 1;
  while (index + count < end && pointers.u32le((index + count) * 4) === (block === 0 ? 0 : block + count)) count += 1;
  return { block: block === 0 ? undefined : block, count };
}

async function readBlock(volume: Volume, { blockSize, blockCount }: ExtSuperblock, block: number): Promise<ByteView> {
  if (block <= 0 || block >= blockCount) throw new FormatError('corrupt', `ext: block ${block} of ${blockCount}`);
  return new ByteView(await volume.read(block * blockSize, blockSize), 'ext block map', block * blockSize);
}
