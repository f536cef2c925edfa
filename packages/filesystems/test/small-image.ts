import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { ReadAt } from '@sysimage/bytes';
import { crc32c } from '../src/crc32c.js';

export const smallImageNames = [
  'ntfs',
  'fat12',
  'fat16',
  'fat32',
  'exfat',
  'ext2',
  'ext4',
  'xfs',
  'xfs4',
  'btrfs',
  'btrfs-mixed',
  'swap',
] as const;

export type SmallImageName = (typeof smallImageNames)[number];

const blockSize = 4096;
const maxReadSize = 4 * 1024 * 1024;

/** A byte of a block that is not zero, and what it becomes. `block` is taken modulo their number. */
export interface Change {
  readonly block: number;
  readonly at: number;
  readonly value: readonly number[];
}

/** An image made by real tools (see small-images/generate.mjs), of which only the blocks that are not zero are in memory. */
export class SmallImage {
  readonly size: number;
  readonly #name: SmallImageName;
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #changed = new Map<number, Uint8Array>();
  /** How often, and how much, was read. */
  reads = 0;
  bytesRead = 0;

  constructor(name: SmallImageName) {
    const packed = readFileSync(join(import.meta.dirname, '../../test/small-images', `${name}.br`));
    const bytes = brotliDecompressSync(packed);
    this.#name = name;
    this.size = Number(bytes.readBigUInt64LE(0));
    for (let at = 8; at < bytes.length; at += 4 + blockSize) {
      this.#blocks.set(bytes.readUInt32LE(at), new Uint8Array(bytes.subarray(at + 4, at + 4 + blockSize)));
    }
  }

  /** Where `mark` is for the first time, from byte `from` on. */
  indexOf(mark: readonly number[], from = 0): number {
    for (const [number, bytes] of this.#blocks) {
      const start = Math.max(0, from - number * blockSize);
      const at = start < blockSize ? Buffer.from(bytes).indexOf(Buffer.from(mark), start) : -1;
      if (at >= 0) return number * blockSize + at;
    }
    throw new RangeError('no such mark');
  }

  /** Overwrites bytes that lie in one block, and mends the checksums over them. */
  patch(offset: number, value: readonly number[]): void {
    const number = Math.floor(offset / blockSize);
    const bytes = this.#block(number).slice();
    bytes.set(value, offset % blockSize);
    mendChecksums(this.#name, bytes);
    this.#changed.set(number, bytes);
    if (this.#name === 'exfat' && number < 3) this.#mendBootRegion();
  }

  /** Makes these changes instead of the last ones; `mend`: with the checksums they call for, so that what follows is read. */
  change(changes: readonly Change[], mend: boolean): void {
    this.#changed.clear();
    [this.reads, this.bytesRead] = [0, 0];
    const numbers = [...this.#blocks.keys()];
    for (const { block, at, value } of changes) {
      const number = numbers[block % numbers.length] ?? 0;
      const bytes = this.#changed.get(number) ?? this.#block(number).slice();
      value.forEach((byte, i) => (bytes[(at + i) % blockSize] = byte));
      this.#changed.set(number, bytes);
    }
    if (mend) for (const bytes of this.#changed.values()) mendChecksums(this.#name, bytes);
    if (mend && this.#name === 'exfat') this.#mendBootRegion();
  }

  readonly read: ReadAt = async (offset, length) => {
    if (!(offset >= 0 && length >= 0 && length <= maxReadSize && offset + length <= this.size)) {
      throw new RangeError(`read ${offset}+${length} of ${this.size}`);
    }
    this.reads += 1;
    this.bytesRead += length;
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const inside = (offset + done) % blockSize;
      const step = Math.min(length - done, blockSize - inside);
      const block = this.#block((offset + done - inside) / blockSize);
      bytes.set(block.subarray(inside, inside + step), done);
      done += step;
    }
    return bytes;
  };

  #block(number: number): Uint8Array {
    return this.#changed.get(number) ?? this.#blocks.get(number) ?? emptyBlock;
  }

  /** Eleven sectors, and a sector of their sum. */
  #mendBootRegion(): void {
    const region = new Uint8Array(3 * blockSize);
    for (let i = 0; i < 3; i += 1) region.set(this.#block(i), i * blockSize);
    let sum = 0;
    for (let i = 0; i < 11 * 512; i += 1) {
      if (i === 106 || i === 107 || i === 112) continue;
      sum = (((sum << 31) | (sum >>> 1)) + (region[i] ?? 0)) >>> 0;
    }
    new DataView(region.buffer).setUint32(11 * 512, sum, true);
    for (let i = 0; i < 3; i += 1) this.#changed.set(i, region.slice(i * blockSize, (i + 1) * blockSize));
  }
}

const emptyBlock = new Uint8Array(blockSize);

function mendChecksums(name: SmallImageName, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mend = (start: number, size: number, at: number) => {
    const part = bytes.subarray(start, start + size);
    view.setUint32(start + at, crc32c(part, at, at + 4), true);
  };
  const starts = (at: number, mark: string) => String.fromCharCode(...bytes.subarray(at, at + 4)) === mark;
  // Tree blocks and superblocks are of this size here, and begin with the checksum of the rest.
  if (name.startsWith('btrfs')) view.setUint32(0, crc32c(bytes.subarray(32)), true);
  if (name === 'xfs' && starts(0, 'XFSB')) mend(0, 512, 224);
  if (name === 'xfs' && starts(512, 'XAGF')) mend(512, 512, 216);
  if (name === 'xfs' && starts(0, 'AB3B')) mend(0, blockSize, 52);
}
