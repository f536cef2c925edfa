import { FormatError, type ByteView } from '@sysimage/bytes';
import type { BtrfsSuperblock } from './superblock.js';

/** A run of logical addresses, and where its copies begin on the device. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
  /** More than one when everything is written twice. */
  readonly offsets: readonly number[];
}

const firstChunkTree = 256;
export const chunkItem = 228;
const duplicated = 1n << 5n;
const striped = 1n << 3n;
/** RAID0, RAID1, DUP, RAID10, RAID5, RAID6, RAID1C3, RAID1C4. */
const profiles = 0x7f8n;
const chunkHeaderSize = 48;
const stripeSize = 32;
const keySize = 17;

/** Logical addresses of one device as offsets on it. */
export class ChunkMap {
  readonly #superblock: BtrfsSuperblock;
  readonly #chunks: Chunk[] = [];

  constructor(superblock: BtrfsSuperblock) {
    this.#superblock = superblock;
  }

  /** In order of their addresses. */
  get chunks(): readonly Chunk[] {
    return this.#chunks;
  }

  /** Adds the chunk that `item` describes; they come in ascending order, none twice. */
  add(start: number, item: ByteView): void {
    const chunk = this.#read(start, item);
    const last = this.#chunks.at(-1);
    if (last !== undefined && start < last.end) throw item.corrupt(`chunk at ${start} lies over another`);
    this.#chunks.push(chunk);
  }

  /** Offset on the device of the first copy of `[address, address + length)`. */
  locate(address: number, length: number): number {
    let [low, high] = [0, this.#chunks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.end ?? 0) > address) high = middle;
      else low = middle + 1;
    }
    const chunk = this.#chunks[low];
    const [offset] = chunk?.offsets ?? [];
    if (chunk === undefined || offset === undefined || address < chunk.start || address + length > chunk.end) {
      throw new FormatError('corrupt', `Btrfs: address ${address} is in no chunk`);
    }
    return offset + address - chunk.start;
  }

  #read(start: number, item: ByteView): Chunk {
    const { deviceId, deviceSize, sectorSize } = this.#superblock;
    const length = item.u64le(0);
    const profile = item.bits64le(24) & profiles;
    const stripes = item.u16le(44);
    const isRight =
      length > 0 &&
      Number.isSafeInteger(start + length) &&
      length % sectorSize === 0 &&
      (profile === duplicated ? stripes === 2 : stripes === 1 && (profile === 0n || profile === striped));
    if (!isRight) throw item.corrupt(`chunk of ${length} bytes in ${stripes} stripes of kind ${profile.toString(16)}`);
    const offsets = Array.from({ length: stripes }, (_, stripe) => {
      const at = chunkHeaderSize + stripe * stripeSize;
      const offset = item.u64le(at + 8);
      if (item.u64le(at) !== deviceId) throw item.corrupt(`stripe on device ${item.u64le(at)}`, at);
      if (!(offset + length <= deviceSize)) throw item.corrupt(`stripe at ${offset} is outside the device`, at + 8);
      return offset;
    });
    return { start, end: start + length, offsets };
  }
}

/** The chunks of the superblock itself, that hold the chunk tree. */
export function systemChunks(superblock: BtrfsSuperblock): ChunkMap {
  const { systemChunks: view } = superblock;
  const found: { readonly start: number; readonly item: ByteView }[] = [];
  for (let at = 0; at < view.length;) {
    if (view.u64le(at) !== firstChunkTree || view.u8(at + 8) !== chunkItem) throw view.corrupt('no chunk', at);
    const size = chunkHeaderSize + view.u16le(at + keySize + 44) * stripeSize;
    found.push({ start: view.u64le(at + 9), item: view.view(at + keySize, size) });
    at += keySize + size;
  }
  const map = new ChunkMap(superblock);
  for (const { start, item } of found.toSorted((a, b) => a.start - b.start)) map.add(start, item);
  return map;
}
