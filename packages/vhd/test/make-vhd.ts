import type { ExtentSet } from '@sysimage/extents';
import {
  differencingBitmap,
  encodeDifferencingRegion,
  encodeFooter,
  encodeHeaderRegion,
  fileSize,
  fullBitmap,
  planDifferencing,
  slotBitmapOffset,
  slotDataOffset,
  slotTableEntry,
  unallocatedEntry,
  vhdBlockSize,
  vhdLayout,
  vhdSectorSize,
  type VhdIdentity,
  type VhdParentReference,
} from '../src/index.js';

export const identity: VhdIdentity = {
  uuid: Uint8Array.from({ length: 16 }, (_, index) => index * 17),
  createdAt: new Date('2026-11-22T16:00:00Z'),
};

/** Bytes of a VHD at their offsets; what is between them is zeros. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The pieces of a VHD that holds `blocks` (number of a block to its payload), the i-th of them in `slots[i]`. */
export function makeVhd(
  diskSize: number,
  blocks: readonly (readonly [number, Uint8Array])[],
  slots: readonly number[] = blocks.map((_, slot) => slot),
  of: VhdIdentity = identity,
): { readonly pieces: readonly Piece[]; readonly size: number } {
  const layout = vhdLayout(diskSize);
  const table = new Uint32Array(layout.blockCount).fill(unallocatedEntry);
  const pieces: Piece[] = [];
  blocks.forEach(([block, payload], index) => {
    const slot = slots[index] ?? 0;
    table[block] = slotTableEntry(layout, slot);
    pieces.push({ offset: slotBitmapOffset(layout, slot), bytes: fullBitmap() });
    pieces.push({ offset: slotDataOffset(layout, slot), bytes: payload.subarray(0, vhdBlockSize) });
  });
  const size = fileSize(layout, Math.max(-1, ...slots.slice(0, blocks.length)) + 1);
  pieces.push({ offset: 0, bytes: encodeHeaderRegion(layout, of, table) });
  pieces.push({ offset: size - vhdSectorSize, bytes: encodeFooter(diskSize, of) });
  return { pieces, size };
}

/** The pieces of a differencing file that holds `own` of the bytes that `disk` gives. */
export function makeDifferencing(
  diskSize: number,
  own: ExtentSet,
  of: VhdIdentity,
  parent: VhdParentReference,
  disk: Uint8Array,
): { readonly pieces: readonly Piece[]; readonly size: number } {
  const plan = planDifferencing(diskSize, own);
  const size = fileSize(plan.layout, plan.blocks.length);
  const pieces: Piece[] = [{ offset: 0, bytes: encodeDifferencingRegion(plan, of, parent) }];
  plan.blocks.forEach((block, slot) => {
    pieces.push({ offset: slotBitmapOffset(plan.layout, slot), bytes: differencingBitmap(plan, block) });
    for (const { start, end } of plan.own.within(block * vhdBlockSize, (block + 1) * vhdBlockSize)) {
      const offset = slotDataOffset(plan.layout, slot) + start - block * vhdBlockSize;
      pieces.push({ offset, bytes: disk.subarray(start, end) });
    }
  });
  pieces.push({ offset: size - vhdSectorSize, bytes: encodeFooter(diskSize, of, 'differencing') });
  return { pieces, size };
}

/** How tests name a parent in the same folder. */
export function parentNamed(name: string, { uuid }: VhdIdentity): VhdParentReference {
  const modifiedAt = new Date('2026-11-22T17:00:00Z');
  return { uuid, modifiedAt, name, relativePath: `.\\${name}`, absolutePath: `C:\\images\\${name}` };
}

/** A `ReadAt` over pieces, later ones on top. */
export function readPieces(pieces: readonly Piece[]): (offset: number, length: number) => Promise<Uint8Array> {
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
