const mebibyte = 1024 * 1024;

/** Everything in a VHDX lies at whole multiples of this, and the block allocation table counts in it. */
export const vhdxUnit = mebibyte;
/** Largest disk in a VHDX ([MS-VHDX] 2.6.2.2). */
export const vhdxMaximumSize = 64 * 1024 ** 4;
/** Table entry of a block that has no place in the file and reads as zeros. */
export const unallocatedEntry = 0;

/** Bits in a block of sector bitmap, one a sector: so many sectors make a chunk ([MS-VHDX] 2.5). */
export const sectorsPerChunk = 2 ** 23;
/** Size of a block of sector bitmap. */
export const bitmapBlockSize = mebibyte;
/** Size of a table entry in the file. */
export const entrySize = 8;

/** Where the parts of the header section lie in every VHDX ([MS-VHDX] 2.2). */
export const headerOffsets = [64 * 1024, 128 * 1024] as const;
export const regionTableOffsets = [192 * 1024, 256 * 1024] as const;

/** An empty log, so that programs which change the file find room for theirs. */
export const logOffset = mebibyte;
export const logSize = mebibyte;
export const metadataOffset = logOffset + logSize;
export const metadataSize = mebibyte;
const tableOffset = metadataOffset + metadataSize;

const smallestBlock = 2 * mebibyte;
/** Keeps the table, and with it the header region, below 17 MiB: blocks grow with disks over 4 TiB instead. */
const mostBlocks = 2 ** 21;

/**
 * Where everything lies in the files we write: known from size and sectors of the disk alone.
 *
 * ```
 * 0            1 MiB  2 MiB      3 MiB    firstBlock           + blockSize
 * | headers … | log  | metadata | table … | payload of slot 0 | payload of slot 1 | …
 * ```
 * A slot is a place for one block. There is no footer and, as there is no parent, no sector bitmap.
 */
export interface VhdxLayout {
  readonly diskSize: number;
  /** Logical sectors of the disk: 512 or 4096 bytes. */
  readonly sectorSize: number;
  /** 2 MiB for disks up to 4 TiB, then as much as keeps the table small: 32 MiB, as Windows has it, at 64 TiB. */
  readonly blockSize: number;
  readonly blockCount: number;
  /** Blocks between two entries of the table that are for sector bitmaps. */
  readonly chunkRatio: number;
  /** Offset of the block allocation table. */
  readonly tableOffset: number;
  /** Size of the table in bytes, padded to a MiB. */
  readonly tableSize: number;
  /** Size of the header region and offset of slot 0. */
  readonly firstBlock: number;
}

/** Size of a disk and of its logical sectors, bytes. */
export interface VhdxDisk {
  readonly size: number;
  readonly sectorSize: number;
}

/**
 * Throws `RangeError` when the sectors have neither 512 nor 4096 bytes, or `size` is not a positive multiple of them up to
 * `vhdxMaximumSize`.
 */
export function vhdxLayout({ size, sectorSize }: VhdxDisk): VhdxLayout {
  if (!isSectorSize(sectorSize)) throw new RangeError(`a VHDX cannot have sectors of ${sectorSize} bytes`);
  if (!isDiskSize(size, sectorSize)) throw new RangeError(`a VHDX cannot hold a disk of ${size} bytes`);
  let blockSize = smallestBlock;
  while (blockSize * mostBlocks < size) blockSize *= 2;
  const blockCount = Math.ceil(size / blockSize);
  const chunkRatio = chunkRatioOf(blockSize, sectorSize);
  const tableSize = Math.ceil(((entryIndex(blockCount - 1, chunkRatio) + 1) * entrySize) / vhdxUnit) * vhdxUnit;
  return {
    diskSize: size,
    sectorSize,
    blockSize,
    blockCount,
    chunkRatio,
    tableOffset,
    tableSize,
    firstBlock: tableOffset + tableSize,
  };
}

export function isSectorSize(size: number): boolean {
  return size === 512 || size === 4096;
}

export function isDiskSize(size: number, sectorSize: number): boolean {
  return Number.isSafeInteger(size) && size > 0 && size % sectorSize === 0 && size <= vhdxMaximumSize;
}

/** How many payload blocks a block of sector bitmap tells about ([MS-VHDX] 2.5). */
export function chunkRatioOf(blockSize: number, sectorSize: number): number {
  return (sectorsPerChunk * sectorSize) / blockSize;
}

/** Where a block's entry is in the table: behind each `chunkRatio` of them is one for their sector bitmap. */
export function entryIndex(block: number, chunkRatio: number): number {
  return block + Math.floor(block / chunkRatio);
}

/** Offset of a slot's payload: a multiple of 1 MiB. */
export function slotDataOffset(layout: VhdxLayout, slot: number): number {
  if (!Number.isSafeInteger(slot) || slot < 0) throw new RangeError(`not a slot: ${slot}`);
  return layout.firstBlock + slot * layout.blockSize;
}

/** What a table says of a block that lies in this slot: the MiB of the file at which it starts. */
export function slotTableEntry(layout: VhdxLayout, slot: number): number {
  const entry = slotDataOffset(layout, slot) / vhdxUnit;
  if (entry > 0xffff_ffff) throw new RangeError(`slot ${slot} lies beyond what a table can say`);
  return entry;
}

/** The inverse of `slotTableEntry`; `undefined` when the entry names none of our slots. */
export function slotOfTableEntry(layout: VhdxLayout, entry: number): number | undefined {
  const slot = (entry * vhdxUnit - layout.firstBlock) / layout.blockSize;
  return Number.isSafeInteger(slot) && slot >= 0 ? slot : undefined;
}

/** Offset in the file of a block's table entry, which has 8 bytes. */
export function tableEntryOffset(layout: VhdxLayout, block: number): number {
  if (!Number.isSafeInteger(block) || block < 0 || block >= layout.blockCount) {
    throw new RangeError(`no block ${block} of ${layout.blockCount}`);
  }
  return layout.tableOffset + entryIndex(block, layout.chunkRatio) * entrySize;
}

/** Size of a file with `slotCount` slots. */
export function fileSize(layout: VhdxLayout, slotCount: number): number {
  return slotDataOffset(layout, slotCount);
}

/** The inverse of `fileSize`; `undefined` when no whole number of slots makes a file of this size. */
export function slotCountOfFileSize(layout: VhdxLayout, size: number): number | undefined {
  const count = (size - layout.firstBlock) / layout.blockSize;
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}
