import {
  fileSize,
  headerRegionPieces,
  slotDataOffset,
  slotTableEntry,
  unallocatedEntry,
  vhdxLayout,
  type VhdxDisk,
  type VhdxIdentity,
  type VhdxPiece,
} from '../src/index.js';

export const identity: VhdxIdentity = {
  sequenceNumber: 7,
  fileWriteId: Uint8Array.from({ length: 16 }, (_, index) => index * 17),
  dataWriteId: Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index),
  diskId: Uint8Array.from({ length: 16 }, (_, index) => 0x30 + index),
};

/** A file in memory: its pieces, later ones on top, and zeros between them. */
export interface MadeFile {
  readonly pieces: readonly VhdxPiece[];
  readonly size: number;
}

/** A VHDX that holds `blocks` (number of a block to its payload), the i-th of them in `slots[i]`. */
export function makeVhdx(
  disk: VhdxDisk,
  blocks: readonly (readonly [number, Uint8Array])[],
  slots: readonly number[] = blocks.map((_, slot) => slot),
): MadeFile {
  const layout = vhdxLayout(disk);
  const table = new Uint32Array(layout.blockCount).fill(unallocatedEntry);
  const payloads = blocks.map(([block, payload], index): VhdxPiece => {
    const slot = slots[index] ?? 0;
    table[block] = slotTableEntry(layout, slot);
    return { offset: slotDataOffset(layout, slot), bytes: payload.subarray(0, layout.blockSize) };
  });
  return {
    pieces: [...payloads, ...headerRegionPieces(layout, identity, table)],
    size: fileSize(layout, Math.max(-1, ...slots.slice(0, blocks.length)) + 1),
  };
}

/** A `ReadAt` over pieces, later ones on top. */
export function readPieces(pieces: readonly VhdxPiece[]): (offset: number, length: number) => Promise<Uint8Array> {
  return (offset, length) => {
    const result = new Uint8Array(length);
    for (const piece of pieces) {
      const start = Math.max(offset, piece.offset);
      const end = Math.min(offset + length, piece.offset + piece.bytes.length);
      if (start < end) result.set(piece.bytes.subarray(start - piece.offset, end - piece.offset), start - offset);
    }
    return Promise.resolve(result);
  };
}

/** The same stream of bytes for the same seed (xorshift32), without runs of zeros. */
export function noise(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  for (let i = 0; i < length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}
