import { FormatError, type ReadAt } from '@sysimage/bytes';
import { bitmapSizeOf } from './dynamic-header.js';
import { vhdSectorSize } from './layout.js';
import { blockDataOffset, type Vhd } from './read-vhd.js';

export interface VhdReader {
  /** Exactly `length` bytes of the disk at `offset`. Throws `RangeError` outside the disk. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The parent of a differencing file, opened by the caller: only the caller knows where files are. */
export interface VhdParent {
  readonly vhd: Vhd;
  readonly reader: VhdReader;
}

/**
 * Reads the disk inside a VHD. For each block touched at most three reads: of the file, of a sector bitmap and of the parent; none for
 * blocks that are not there. Throws `FormatError` `corrupt` when `parent` is not the one that a differencing file was made for,
 * `RangeError` when it is missing.
 */
export function openVhdReader(read: ReadAt, vhd: Vhd, parent?: VhdParent): VhdReader {
  const bitmaps = bitmapCache(read, vhd);
  const readParent = parentReader(vhd, parent);
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
        const part = result.subarray(done, done + count);
        const payload = blockDataOffset(vhd, block);
        const bitmap = payload === undefined ? undefined : await bitmaps(payload);
        const isWhole = payload !== undefined && (bitmap === undefined || hasAll(bitmap, start, count));
        if (!isWhole && readParent !== undefined) part.set(await readParent(offset + done, count));
        if (payload !== undefined) {
          const bytes = await read(payload + start, count);
          if (isWhole || bitmap === undefined) part.set(bytes);
          else copyPresent(part, bytes, start, bitmap);
        }
        done += count;
      }
      return result;
    },
  };
}

/** The parent's bytes; a parent that is smaller has zeros behind its end. `undefined`: there is none. */
function parentReader(vhd: Vhd, parent: VhdParent | undefined): ReadAt | undefined {
  if (vhd.parentLocator === undefined) return undefined;
  if (parent === undefined) throw new RangeError('a differencing VHD cannot be read without its parent');
  const { uuid } = parent.vhd.identity;
  if (!vhd.parentLocator.uuid.every((byte, index) => byte === uuid[index])) {
    throw new FormatError('corrupt', 'this is not the parent of the VHD');
  }
  return async (offset, length) => {
    const there = Math.min(length, Math.max(parent.vhd.diskSize - offset, 0));
    if (there === length) return parent.reader.read(offset, length);
    const bytes = new Uint8Array(length);
    if (there > 0) bytes.set(await parent.reader.read(offset, there));
    return bytes;
  };
}

/**
 * Sector bitmaps of other programs' files and of differencing ones. Those of our other files are all ones by construction and are
 * not read. The last few are kept, because a disk is mostly read in order and in pieces smaller than a block.
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

/** True when every sector that `[start, start + count)` of a block touches has its bit set. */
function hasAll(bitmap: Uint8Array, start: number, count: number): boolean {
  for (let sector = Math.floor(start / vhdSectorSize); sector * vhdSectorSize < start + count; sector += 1) {
    if (!hasSector(bitmap, sector)) return false;
  }
  return true;
}

/** Copies those sectors of `own` over `bytes`, both `start` bytes into their block, whose bit is set. */
function copyPresent(bytes: Uint8Array, own: Uint8Array, start: number, bitmap: Uint8Array): void {
  const end = start + bytes.length;
  for (let sector = Math.floor(start / vhdSectorSize); sector * vhdSectorSize < end; sector += 1) {
    if (!hasSector(bitmap, sector)) continue;
    const from = Math.max(sector * vhdSectorSize - start, 0);
    bytes.set(own.subarray(from, (sector + 1) * vhdSectorSize - start), from);
  }
}

/** Highest bit first. */
function hasSector(bitmap: Uint8Array, sector: number): boolean {
  return ((bitmap[sector >>> 3] ?? 0) & (0x80 >>> (sector & 7))) !== 0;
}
