import { ByteView, FormatError, type ReadAt } from '@sysimage/bytes';
import { fullyPresent } from './header-region.js';
import { bitmapBlockSize, chunkRatioOf, entryIndex, entrySize, vhdxUnit } from './layout.js';
import type { Metadata } from './metadata.js';
import type { Region, Regions } from './region-table.js';

/** Enough for 64 TiB in blocks of 4 MiB; a table that claims to be larger is not worth the memory. */
const mostBlocks = 2 ** 24;
/** Bytes of the table read at once. */
const readSize = 2 ** 20;

/** How a payload block of a differencing file mixes its own sectors with its parent's ([MS-VHDX] 2.5.1.1). */
export const partiallyPresent = 7;

/** What reading a block means. */
export const blockStates = { absent: 0, zero: 1, present: 2, partial: 3 } as const;

/** The block allocation table as far as readers need it. */
export interface BlockTable {
  /** For each block of the disk the MiB of the file at which its payload starts; `unallocatedEntry` when there is none. */
  readonly table: Uint32Array;
  /** For each block a value of `blockStates`. */
  readonly states: Uint8Array;
  /** For each chunk of the disk the MiB of the file at which its sector bitmap starts, or 0. Empty without a parent. */
  readonly bitmaps: Uint32Array;
}

/** Reads the entries of all blocks of the disk, and checks that each could be one. Throws `FormatError`. */
export async function readTable(
  read: ReadAt,
  metadata: Metadata,
  regions: Regions,
  taken: readonly Region[],
  fileSize: number,
): Promise<BlockTable> {
  const { blockSize, diskSize, sectorSize } = metadata;
  const hasParent = metadata.parentLocator !== undefined;
  const blockCount = Math.ceil(diskSize / blockSize);
  if (blockCount > mostBlocks) throw new FormatError('unsupported', `a table of ${blockCount} blocks`);
  const ratio = chunkRatioOf(blockSize, sectorSize);
  const chunkCount = Math.ceil(blockCount / ratio);
  const entryCount = hasParent ? chunkCount * (ratio + 1) : entryIndex(blockCount - 1, ratio) + 1;
  const { offset, size } = regions.table;
  if (entryCount * entrySize > size) {
    throw new FormatError(
      'corrupt',
      `VHDX block allocation table: ${size} bytes are too few for ${entryCount} entries`,
      {
        offset,
      },
    );
  }
  const found = {
    table: new Uint32Array(blockCount),
    states: new Uint8Array(blockCount),
    bitmaps: new Uint32Array(hasParent ? chunkCount : 0),
  };
  for (let start = 0; start < entryCount; start += readSize / entrySize) {
    const count = Math.min(readSize / entrySize, entryCount - start);
    const at = offset + start * entrySize;
    const view = new ByteView(await read(at, count * entrySize), 'VHDX block allocation table', at);
    for (let index = 0; index < count; index += 1) {
      const chunk = Math.floor((start + index) / (ratio + 1));
      const inChunk = (start + index) % (ratio + 1);
      if (inChunk === ratio) {
        if (hasParent) found.bitmaps[chunk] = bitmapEntry(view, index * entrySize);
        continue;
      }
      const block = chunk * ratio + inChunk;
      if (block >= blockCount) continue;
      const state = stateOf(view, index * entrySize, hasParent);
      found.states[block] = state;
      if (state < blockStates.present) continue;
      found.table[block] = placeOf(view, index * entrySize);
    }
  }
  checkPartial(found, ratio, offset);
  checkPlaces(found, metadata, [...taken, regions.table, regions.metadata], fileSize, offset);
  return found;
}

function stateOf(view: ByteView, at: number, hasParent: boolean): number {
  const state = view.u8(at) & 7;
  if (state === fullyPresent) return blockStates.present;
  if (state === partiallyPresent && hasParent) return blockStates.partial;
  // Not written yet: of a differencing file that is what the parent has.
  if (state === 0) return hasParent ? blockStates.absent : blockStates.zero;
  // Undefined, zero, unmapped: whatever a parent has does not count.
  if (state <= 3) return blockStates.zero;
  throw view.corrupt(`a block in state ${state}`, at);
}

function bitmapEntry(view: ByteView, at: number): number {
  const state = view.u8(at) & 7;
  if (state === fullyPresent) return placeOf(view, at);
  if (state === 0) return 0;
  throw view.corrupt(`a sector bitmap in state ${state}`, at);
}

function placeOf(view: ByteView, at: number): number {
  const place = (view.u32le(at) >>> 20) + view.u32le(at + 4) * 0x1000;
  if (place === 0) throw view.corrupt('a block at the start of the file', at);
  if (place > 0xffff_ffff) throw view.corrupt(`a block at MiB ${place}`, at);
  return place;
}

function checkPartial({ states, bitmaps }: BlockTable, ratio: number, offset: number): void {
  const lost = states.findIndex(
    (state, block) => state === blockStates.partial && (bitmaps[Math.floor(block / ratio)] ?? 0) === 0,
  );
  if (lost === -1) return;
  throw new FormatError('corrupt', `VHDX block allocation table: no sector bitmap for block ${lost}`, { offset });
}

/** What a table names must lie inside the file, apart from each other and from the regions. */
function checkPlaces(
  { table, bitmaps }: BlockTable,
  { blockSize, diskSize }: Metadata,
  regions: readonly Region[],
  fileSize: number,
  tableOffset: number,
): void {
  // Twice the MiB, and one more for what is as large as a block: so that one sort tells all apart.
  const blocks = table.filter((place) => place !== 0);
  const places = new Float64Array(blocks.length + bitmaps.length + 1 + regions.length);
  let count = 0;
  for (const place of blocks) places[count++] = place * 2 + 1;
  for (const place of bitmaps) if (place !== 0) places[count++] = place * 2;
  let free = 1;
  const fixed = regions.filter(({ size }) => size > 0).toSorted((a, b) => a.offset - b.offset);
  const sorted = places.subarray(0, count).sort();
  const last = table.at(-1);
  for (const code of sorted) {
    const place = Math.floor(code / 2);
    const size = code % 2 === 1 ? blockSize : bitmapBlockSize;
    const start = place * vhdxUnit;
    const end = start + size;
    // Of the last block only that must be there which the disk has.
    const needed = place === last && code % 2 === 1 ? start + (((diskSize - 1) % blockSize) + 1) : end;
    const hit = fixed.some((region) => start < region.offset + region.size && region.offset < end);
    if (place < free || hit || needed > fileSize) {
      throw new FormatError(
        'corrupt',
        `VHDX block allocation table: what lies at MiB ${place} overlaps something or leaves the file`,
        { offset: tableOffset },
      );
    }
    free = place + size / vhdxUnit;
  }
}
