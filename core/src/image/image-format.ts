import type { Hasher } from '../contract/services.js';
import { toHex } from './grain.js';
import type { ImageIdentity } from './new-identity.js';

/** Slot of every block of the disk; `noSlot`: the block has no place in the file and reads as zeros. */
export type SlotTable = Int32Array;
export const noSlot = -1;

/**
 * Where everything lies in an image file, whichever open format it has: a header region, equal slots with a block of the disk in
 * each, and a footer where the format has one.
 *
 * ```
 * 0               headerSize                         + slotSize
 * | header, table | slot frame | payload of a block | slot frame | payload | … | footer |
 * ```
 */
export interface ImageFormat {
  readonly kind: ImageKind;
  readonly diskSize: number;
  readonly blockSize: number;
  readonly blockCount: number;
  readonly headerSize: number;
  readonly slotSize: number;
  /** What stands in every slot before the payload. */
  readonly slotFrame: Uint8Array;
  /** The bytes `[0, headerSize)`. */
  encodeHeader(table: SlotTable): Uint8Array;
  encodeFooter(): Uint8Array;
  /** The same for a file whose content changes from here on. */
  changed(identity: ImageIdentity): ImageFormat;
  readonly footerSize: number;
}

/** The formats that images have, by the extension of their files. */
export type ImageKind = 'vhd' | 'vhdx';

export interface DiskShape {
  /** Bytes. */
  readonly size: number;
  /** Logical sector, bytes. */
  readonly sectorSize: number;
}

/** An image file of any origin, as far as its header and footer tell. */
export interface OpenedImage {
  readonly diskSize: number;
  readonly blockSize: number;
  /** Offset in the file of a block's payload; `undefined` = has no place, reads as zeros. */
  blockOffset(block: number): number | undefined;
  /** Present when the file is laid out as ours are: only such a file may be changed in place. */
  readonly own: { readonly format: ImageFormat; readonly table: SlotTable } | undefined;
}

/** The entries that stand for slots in a file's table of blocks. A large disk has millions: no list of them is made on the way. */
export function tableEntries(table: SlotTable, entryOf: (slot: number) => number): Uint32Array {
  const entries = new Uint32Array(table.length);
  for (let block = 0; block < table.length; block += 1) entries[block] = entryOf(table[block] ?? noSlot);
  return entries;
}

/** Offset of a slot's payload. */
export function slotDataOffset(format: ImageFormat, slot: number): number {
  return format.headerSize + slot * format.slotSize + format.slotFrame.length;
}

/** Size of a file with `slotCount` slots, its footer included. */
export function imageSize(format: ImageFormat, slotCount: number): number {
  return format.headerSize + slotCount * format.slotSize + format.footerSize;
}

export function emptyTable(format: ImageFormat): SlotTable {
  return new Int32Array(format.blockCount).fill(noSlot);
}

/** BLAKE3 of header region and footer as one. */
export function headerDigest(header: Uint8Array, footer: Uint8Array, hasher: Hasher): string {
  if (footer.length === 0) return toHex(hasher.digest(header));
  const both = new Uint8Array(header.length + footer.length);
  both.set(header, 0);
  both.set(footer, header.length);
  return toHex(hasher.digest(both));
}
