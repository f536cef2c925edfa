/** Every size and offset in a VHD is counted in sectors of 512 bytes, whatever the disk's own sectors are. */
export const vhdSectorSize = 512;
/** Size of a block in the files we write: the default of every known program, and the only one Windows is sure to take. */
export const vhdBlockSize = 2 * 1024 * 1024;
/** Largest disk in a VHD: entries of the block allocation table are 32-bit sector numbers, and programs stop here. */
export const vhdMaximumSize = 2040 * 1024 ** 3;
/** Table entry of a block that has no place in the file and reads as zeros. */
export const unallocatedEntry = 0xffff_ffff;

/** The dynamic header follows the copy of the footer; the table follows the dynamic header. */
export const dynamicHeaderOffset = vhdSectorSize;
export const dynamicHeaderSize = 1024;
const tableOffset = dynamicHeaderOffset + dynamicHeaderSize;

/** Payloads start at whole multiples of this, so that grains of the disk are grains of the file too. */
const alignment = 4096;

/**
 * Where everything lies in the files we write: known from the disk size alone.
 *
 * ```
 * 0          512             1536     firstBlock                      + slotSize
 * | footer  | dynamic header | table … | pad, bitmap | 2 MiB payload | pad, bitmap | …          | footer |
 * ```
 * A slot is a place for one block. The bitmap is the last sector before the payload; what is before it is padding.
 */
export interface VhdLayout {
  readonly diskSize: number;
  readonly blockCount: number;
  /** Offset of the block allocation table. */
  readonly tableOffset: number;
  /** Size of the table in bytes, padded to a sector. */
  readonly tableSize: number;
  /** Size of the header region and offset of slot 0. */
  readonly firstBlock: number;
  readonly slotSize: number;
}

/** Throws `RangeError` when `diskSize` is not a positive multiple of 512 up to `vhdMaximumSize`. */
export function vhdLayout(diskSize: number): VhdLayout {
  if (!isDiskSize(diskSize)) {
    throw new RangeError(`a VHD cannot hold a disk of ${diskSize} bytes`);
  }
  const blockCount = Math.ceil(diskSize / vhdBlockSize);
  const tableSize = roundUp(blockCount * 4, vhdSectorSize);
  return {
    diskSize,
    blockCount,
    tableOffset,
    tableSize,
    firstBlock: roundUp(tableOffset + tableSize, alignment),
    slotSize: vhdBlockSize + alignment,
  };
}

export function isDiskSize(size: number): boolean {
  return Number.isSafeInteger(size) && size > 0 && size % vhdSectorSize === 0 && size <= vhdMaximumSize;
}

/** Offset of a slot's payload: a multiple of 4096. */
export function slotDataOffset(layout: VhdLayout, slot: number): number {
  if (!Number.isSafeInteger(slot) || slot < 0) throw new RangeError(`not a slot: ${slot}`);
  return layout.firstBlock + slot * layout.slotSize + alignment;
}

/** Offset of a slot's sector bitmap: the 512 bytes right before the payload. */
export function slotBitmapOffset(layout: VhdLayout, slot: number): number {
  return slotDataOffset(layout, slot) - vhdSectorSize;
}

/** What the table says of a block that lies in this slot: the sector number of its bitmap. */
export function slotTableEntry(layout: VhdLayout, slot: number): number {
  const entry = slotBitmapOffset(layout, slot) / vhdSectorSize;
  if (entry >= unallocatedEntry) throw new RangeError(`slot ${slot} lies beyond what a VHD can address`);
  return entry;
}

/** The inverse of `slotTableEntry`; `undefined` when the entry names none of our slots. */
export function slotOfTableEntry(layout: VhdLayout, entry: number): number | undefined {
  if (entry === unallocatedEntry) return undefined;
  const slot = (entry * vhdSectorSize + vhdSectorSize - alignment - layout.firstBlock) / layout.slotSize;
  return Number.isSafeInteger(slot) && slot >= 0 ? slot : undefined;
}

/** Size of a file with `slotCount` slots, its footer included. */
export function fileSize(layout: VhdLayout, slotCount: number): number {
  return slotDataOffset(layout, slotCount) - alignment + vhdSectorSize;
}

/** The inverse of `fileSize`; `undefined` when no whole number of slots makes a file of this size. */
export function slotCountOfFileSize(layout: VhdLayout, size: number): number | undefined {
  const count = (size - vhdSectorSize - layout.firstBlock) / layout.slotSize;
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/** Size of a fixed file: the disk itself, then the footer. */
export function fixedFileSize(diskSize: number): number {
  if (!isDiskSize(diskSize)) throw new RangeError(`a VHD cannot hold a disk of ${diskSize} bytes`);
  return diskSize + vhdSectorSize;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
