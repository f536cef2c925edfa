import { ByteView, FormatError } from '@sysimage/bytes';
import { crc32c } from '../crc32c.js';
import type { Volume } from '../volume.js';
import type { XfsSuperblock } from './superblock.js';

/** A run of free blocks of an allocation group. */
export interface FreeRun {
  readonly start: number;
  readonly count: number;
}

/** The header of an allocation group: where its tree of free space is, and what is in it. */
export interface FreeSpaceHeader {
  readonly group: number;
  readonly blocks: number;
  readonly root: number;
  readonly levels: number;
  readonly freeBlocks: number;
}

const headerChecksumAt = 216;
const blockChecksumAt = 52;
const noBlock = 0xffffffff;
const maxLevels = 9;

/** The AGF of group `group`, its second sector. Throws `FormatError` when it is not one, or of another group. */
export async function readFreeSpaceHeader(
  volume: Volume,
  superblock: XfsSuperblock,
  group: number,
): Promise<FreeSpaceHeader> {
  const { groupBlocks, groupCount, blockCount, blockSize, sectorSize, hasChecksums } = superblock;
  const offset = group * groupBlocks * blockSize + sectorSize;
  const view = new ByteView(await volume.read(offset, sectorSize), `XFS header of group ${group}`, offset);
  if (view.latin1(0, 4) !== 'XAGF' || view.u32be(8) !== group) throw view.corrupt('is not one');
  if (hasChecksums && crc32c(view.bytes, headerChecksumAt, headerChecksumAt + 4) !== view.u32le(headerChecksumAt)) {
    throw view.corrupt('has another checksum', headerChecksumAt);
  }
  const blocks = group === groupCount - 1 ? blockCount - group * groupBlocks : groupBlocks;
  if (view.u32be(12) !== blocks) throw view.corrupt(`counts ${view.u32be(12)} blocks of ${blocks}`, 12);
  const levels = view.u32be(28);
  if (levels < 1 || levels > maxLevels) throw view.corrupt(`tree of ${levels} levels`, 28);
  return { group, blocks, root: view.u32be(16), levels, freeBlocks: view.u32be(52) };
}

/**
 * The free runs of a group in ascending order: leftmost path of the tree by block number, then leaf after leaf. Throws
 * `FormatError` when they are out of order, or are not as many blocks as the header says.
 */
export async function* freeRuns(
  volume: Volume,
  superblock: XfsSuperblock,
  header: FreeSpaceHeader,
): AsyncGenerator<FreeRun> {
  let number = header.root;
  for (let level = header.levels - 1; level > 0; level -= 1) {
    const node = await readTreeBlock(volume, superblock, header, number, level);
    // Keys of 8 bytes for as many as there could be, then pointers of 4.
    const headerSize = treeHeaderSize(superblock);
    const most = Math.floor((superblock.blockSize - headerSize) / 12);
    number = node.u32be(headerSize + most * 8);
  }
  let [end, total] = [0, 0];
  while (number !== noBlock) {
    const leaf = await readTreeBlock(volume, superblock, header, number, 0);
    const records = leaf.u16be(6);
    // Only the root may be empty, so every other leaf brings the end nearer.
    if (records === 0 && header.levels > 1) throw leaf.corrupt('leaf without records');
    for (let i = 0; i < records; i += 1) {
      const at = treeHeaderSize(superblock) + i * 8;
      const [start, count] = [leaf.u32be(at), leaf.u32be(at + 4)];
      if (start < end || count === 0 || start + count > header.blocks) throw leaf.corrupt(`free run at ${start}`, at);
      yield { start, count };
      end = start + count;
      total += count;
    }
    const next = leaf.u32be(12);
    if (records === 0 && next !== noBlock) throw leaf.corrupt('empty root with a neighbour');
    number = next;
  }
  if (total !== header.freeBlocks) {
    const message = `XFS group ${header.group}: its tree has ${total} free blocks, its header ${header.freeBlocks}`;
    throw new FormatError('corrupt', message);
  }
}

function treeHeaderSize({ hasChecksums }: XfsSuperblock): number {
  return hasChecksums ? 56 : 16;
}

async function readTreeBlock(
  volume: Volume,
  superblock: XfsSuperblock,
  { group, blocks }: FreeSpaceHeader,
  number: number,
  level: number,
): Promise<ByteView> {
  const { groupBlocks, blockSize, hasChecksums } = superblock;
  if (number === 0 || number >= blocks) {
    throw new FormatError('corrupt', `XFS group ${group}: its tree of free space points to block ${number}`);
  }
  const offset = (group * groupBlocks + number) * blockSize;
  const view = new ByteView(await volume.read(offset, blockSize), `XFS free space of group ${group}`, offset);
  const isRight = view.latin1(0, 4) === (hasChecksums ? 'AB3B' : 'ABTB') && view.u16be(4) === level;
  if (!isRight) throw view.corrupt(`is not a block of level ${level}`);
  if (hasChecksums) {
    if (view.u32be(48) !== group || view.u64be(16) * 512 !== offset) throw view.corrupt('belongs elsewhere', 16);
    if (crc32c(view.bytes, blockChecksumAt, blockChecksumAt + 4) !== view.u32le(blockChecksumAt)) {
      throw view.corrupt('has another checksum', blockChecksumAt);
    }
  }
  return view;
}
