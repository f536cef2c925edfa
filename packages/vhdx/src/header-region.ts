import { encodeHeaders, type VhdxWriteState } from './header.js';
import { metadataOffset, regionTableOffsets, unallocatedEntry, vhdxUnit, type VhdxLayout } from './layout.js';
import { entryIndex, entrySize } from './layout.js';
import { encodeMetadata } from './metadata.js';
import { encodeRegionTable } from './region-table.js';

/** What tells one file from another, and its states. */
export interface VhdxIdentity extends VhdxWriteState {
  /** 16 bytes that stay as long as the disk does. */
  readonly diskId: Uint8Array;
}

/** Bytes and their offset in the file. */
export interface VhdxPiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The name of the program in files of ours. */
export const ourCreator = 'sysimage';

/** A payload block that is there as a whole ([MS-VHDX] 2.5.1.1). */
export const fullyPresent = 6;

/**
 * The bytes `[0, firstBlock)` of a file, in order and at most 1 MiB at a time; what lies between the pieces is zeros.
 * `table` has an entry for each block of the disk: `slotTableEntry` or `unallocatedEntry`.
 */
export function* headerRegionPieces(
  layout: VhdxLayout,
  identity: VhdxIdentity,
  table: Uint32Array,
): Generator<VhdxPiece> {
  yield { offset: 0, bytes: encodeFileIdentifier() };
  yield* encodeHeaders(identity);
  for (const offset of regionTableOffsets) yield { offset, bytes: encodeRegionTable(layout) };
  yield { offset: metadataOffset, bytes: encodeMetadata(layout, identity.diskId) };
  for (let start = 0; start < layout.tableSize; start += vhdxUnit) {
    yield { offset: layout.tableOffset + start, bytes: encodeTable(layout, table, start, start + vhdxUnit) };
  }
}

/** The same in one piece of `firstBlock` bytes: 4 to 20 MiB. */
export function encodeHeaderRegion(layout: VhdxLayout, identity: VhdxIdentity, table: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(layout.firstBlock);
  for (const piece of headerRegionPieces(layout, identity, table)) bytes.set(piece.bytes, piece.offset);
  return bytes;
}

/** The bytes `[from, to)` of the block allocation table, multiples of 8; what lies behind its last entry is zeros. */
export function encodeTable(layout: VhdxLayout, table: Uint32Array, from = 0, to = layout.tableSize): Uint8Array {
  if (table.length !== layout.blockCount) {
    throw new RangeError(`the table has ${table.length} entries, the disk ${layout.blockCount} blocks`);
  }
  if (from % entrySize !== 0 || to % entrySize !== 0 || from < 0 || to < from || to > layout.tableSize) {
    throw new RangeError(`[${from}, ${to}) is no part of a table of ${layout.tableSize} bytes`);
  }
  const bytes = new Uint8Array(to - from);
  const view = new DataView(bytes.buffer);
  // Entries for sector bitmaps stay zero: without a parent there are none.
  const firstChunk = Math.floor(from / entrySize / (layout.chunkRatio + 1));
  for (let block = firstChunk * layout.chunkRatio; block < layout.blockCount; block += 1) {
    const at = entryIndex(block, layout.chunkRatio) * entrySize;
    if (at >= to) break;
    if (at >= from) setEntry(view, at - from, table[block] ?? unallocatedEntry);
  }
  return bytes;
}

/** One entry of the table, 8 bytes for `tableEntryOffset`. */
export function encodeTableEntry(entry: number): Uint8Array {
  const bytes = new Uint8Array(entrySize);
  setEntry(new DataView(bytes.buffer), 0, entry);
  return bytes;
}

/** The state in the lowest three bits, the MiB of the file from bit 20 on. */
function setEntry(view: DataView, at: number, entry: number): void {
  if (entry === unallocatedEntry) return;
  view.setUint32(at, ((entry & 0xfff) << 20) | fullyPresent, true);
  view.setUint32(at + 4, entry >>> 12, true);
}

/** The signature, and who made the file ([MS-VHDX] 2.2.1). */
function encodeFileIdentifier(): Uint8Array {
  const bytes = new Uint8Array(8 + 512);
  bytes.set(Uint8Array.from('vhdxfile', (character) => character.charCodeAt(0)));
  for (let index = 0; index < ourCreator.length; index += 1) bytes[8 + index * 2] = ourCreator.charCodeAt(index);
  return bytes;
}
