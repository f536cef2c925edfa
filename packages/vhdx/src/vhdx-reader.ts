import { FormatError, type ReadAt } from '@sysimage/bytes';
import { blockStates } from './block-table.js';
import { chunkRatioOf, vhdxUnit } from './layout.js';
import { replayed } from './log.js';
import { blockDataOffset, type Vhdx } from './read-vhdx.js';

export interface VhdxReader {
  /** Exactly `length` bytes of the disk at `offset`. Throws `RangeError` outside the disk. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The parent of a differencing file, opened by the caller: only the caller knows where files are. */
export interface VhdxParent {
  readonly vhdx: Vhdx;
  readonly reader: VhdxReader;
}

/**
 * Reads the disk inside a VHDX. For each block touched at most three reads: of the file, of a sector bitmap and of the parent.
 * Throws `FormatError` `corrupt` when `parent` is not the one that a differencing file was made for, `RangeError` when it is missing.
 */
export function openVhdxReader(device: ReadAt, vhdx: Vhdx, parent?: VhdxParent): VhdxReader {
  const read = replayed(device, vhdx.fileSize, vhdx.replay);
  const readParent = parentReader(vhdx, parent);
  const bitmapOf = bitmapCache(read, vhdx);
  return {
    async read(offset, length) {
      if (
        !Number.isSafeInteger(offset) ||
        !Number.isSafeInteger(length) ||
        offset < 0 ||
        length < 0 ||
        offset + length > vhdx.diskSize
      ) {
        throw new RangeError(`[${offset}, ${offset + length}) is outside the disk of ${vhdx.diskSize} bytes`);
      }
      const result = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const block = Math.floor((offset + done) / vhdx.blockSize);
        const start = (offset + done) % vhdx.blockSize;
        const count = Math.min(vhdx.blockSize - start, length - done);
        const state = vhdx.states[block];
        if (state === blockStates.absent || state === blockStates.partial) {
          result.set(await readParent(offset + done, count), done);
        }
        const payload = blockDataOffset(vhdx, block);
        if (payload !== undefined) {
          const bytes = await read(payload + start, count);
          const part = result.subarray(done, done + count);
          if (state === blockStates.partial) mix(part, bytes, start, await bitmapOf(block), vhdx.sectorSize);
          else part.set(bytes);
        }
        done += count;
      }
      return result;
    },
  };
}

/** The parent's bytes; a parent that is smaller has zeros behind its end. */
function parentReader(vhdx: Vhdx, parent: VhdxParent | undefined): ReadAt {
  if (vhdx.parentLocator === undefined) return (_, length) => Promise.resolve(new Uint8Array(length));
  if (parent === undefined) throw new RangeError('a differencing VHDX cannot be read without its parent');
  const { parentId, alternativeParentId } = vhdx.parentLocator;
  const { dataWriteId } = parent.vhdx.identity;
  if (!sameBytes(dataWriteId, parentId) && !sameBytes(dataWriteId, alternativeParentId)) {
    throw new FormatError('corrupt', 'this is not the parent of the VHDX, or it was changed since');
  }
  if (parent.vhdx.sectorSize !== vhdx.sectorSize) {
    throw new FormatError('corrupt', `the parent has sectors of ${parent.vhdx.sectorSize} bytes`);
  }
  return async (offset, length) => {
    const there = Math.min(length, Math.max(parent.vhdx.diskSize - offset, 0));
    if (there === length) return parent.reader.read(offset, length);
    const bytes = new Uint8Array(length);
    if (there > 0) bytes.set(await parent.reader.read(offset, there));
    return bytes;
  };
}

/** The part of a sector bitmap that is about one block. The last few are kept: a disk is mostly read in order. */
function bitmapCache(read: ReadAt, vhdx: Vhdx): (block: number) => Promise<Uint8Array> {
  const kept = new Map<number, Uint8Array>();
  const ratio = chunkRatioOf(vhdx.blockSize, vhdx.sectorSize);
  const size = vhdx.blockSize / vhdx.sectorSize / 8;
  return async (block) => {
    const known = kept.get(block);
    if (known !== undefined) return known;
    const chunk = vhdx.bitmaps[Math.floor(block / ratio)] ?? 0;
    const bitmap = await read(chunk * vhdxUnit + (block % ratio) * size, size);
    const oldest = kept.keys().next();
    if (kept.size >= 8 && oldest.done !== true) kept.delete(oldest.value);
    kept.set(block, bitmap);
    return bitmap;
  };
}

/** Puts those sectors of `own` over `bytes`, both `start` bytes into their block, whose bit is set (lowest bit first). */
function mix(bytes: Uint8Array, own: Uint8Array, start: number, bitmap: Uint8Array, sectorSize: number): void {
  const end = start + bytes.length;
  for (let sector = Math.floor(start / sectorSize); sector * sectorSize < end; sector += 1) {
    if (((bitmap[sector >>> 3] ?? 0) & (1 << (sector & 7))) === 0) continue;
    const from = Math.max(sector * sectorSize - start, 0);
    bytes.set(own.subarray(from, (sector + 1) * sectorSize - start), from);
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return a.length === b?.length && a.every((byte, index) => byte === b[index]);
}
