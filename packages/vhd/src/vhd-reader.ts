import { type ReadAt } from '@sysimage/bytes';
import { bitmapSizeOf } from './dynamic-header.js';
import { vhdSectorSize } from './layout.js';
import { blockDataOffset, type Vhd } from './read-vhd.js';

export interface VhdReader {
  /** Exactly `length` bytes of the disk at `offset`. Throws `RangeError` outside the disk. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Reads the disk inside a VHD. One read of the file for each block touched, none for blocks that are not there. */
export function openVhdReader(read: ReadAt, vhd: Vhd): VhdReader {
  const bitmaps = bitmapCache(read, vhd);
  return {
    async read(offset, length) {
      if (
        !Number.isSafeInteger(offset) ||
        !Number.isSafeInteger(length) ||
        offset < 0 ||
        length < 0 ||
        offset + length > vhd.diskSize
      ) {
        throw new RangeError(`[${offset}, ${offset + length}) is outside the disk of ${vhd.diskSize} bytes`);
      }
      if (vhd.type === 'fixed') return read(offset, length);
      const result = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const block = Math.floor((offset + done) / vhd.blockSize);
        const start = (offset + done) % vhd.blockSize;
        const count = Math.min(vhd.blockSize - start, length - done);
        const payload = blockDataOffset(vhd, block);
        if (payload !== undefined) {
          const bytes = await read(payload + start, count);
          result.set(bytes, done);
          const bitmap = await bitmaps(payload);
          if (bitmap !== undefined) clearAbsent(result.subarray(done, done + count), start, bitmap);
        }
        done += count;
      }
      return result;
    },
  };
}

/**
 * Sector bitmaps of other programs' files, whose cleared bits mean zeros. Ours are all ones by construction and are not
 * read. The last few are kept, because a disk is mostly read in order and in pieces smaller than a block.
 */
function bitmapCache(read: ReadAt, vhd: Vhd): (payload: number) => Promise<Uint8Array | undefined> {
  const kept = new Map<number, Uint8Array>();
  const size = bitmapSizeOf(vhd.blockSize);
  return async (payload) => {
    if (vhd.layout !== undefined) return undefined;
    const known = kept.get(payload);
    if (known !== undefined) return known;
    const bitmap = await read(payload - size, size);
    const oldest = kept.keys().next();
    if (kept.size >= 8 && oldest.done !== true) kept.delete(oldest.value);
    kept.set(payload, bitmap);
    return bitmap;
  };
}

/** Zeroes the sectors of `bytes`, which begin `start` bytes into their block, whose bit is clear (highest bit first). */
function clearAbsent(bytes: Uint8Array, start: number, bitmap: Uint8Array): void {
  const end = start + bytes.length;
  for (let sector = Math.floor(start / vhdSectorSize); sector * vhdSectorSize < end; sector += 1) {
    if (((bitmap[sector >>> 3] ?? 0) & (0x80 >>> (sector & 7))) !== 0) continue;
    bytes.fill(0, Math.max(sector * vhdSectorSize - start, 0), (sector + 1) * vhdSectorSize - start);
  }
}
