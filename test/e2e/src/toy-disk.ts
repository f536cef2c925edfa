const blockSize = 4096;
const mebibyte = 1024 * 1024;

/** Sector where the only partition of a toy disk starts. */
const partitionStart = mebibyte;

/**
 * A disk with an MBR and one ext2 volume that has nothing but metadata and a block bitmap: enough for an engine that looks
 * only at allocation, and small enough to try thousands of runs. Blocks are numbered inside the volume.
 */
export class ToyDisk {
  readonly bytes: Uint8Array;
  readonly blockCount: number;
  /** Blocks below this are metadata. */
  readonly firstFree = 8;
  readonly #bitmap: Uint8Array;
  readonly #view: DataView;

  /** `size`: bytes, a multiple of 1 MiB, from 2 MiB to 128 MiB. `signature`: tells it from other disks. */
  constructor(size: number, signature = 0x5ca1ab1e) {
    this.bytes = new Uint8Array(size);
    this.blockCount = (size - partitionStart) / blockSize;
    this.#bitmap = this.bytes.subarray(this.offsetOf(2), this.offsetOf(3));
    this.#view = new DataView(this.bytes.buffer);
    this.#writeTable(signature);
    this.#writeSuperblock();
    for (let block = 0; block < this.firstFree; block += 1) this.allocate(block);
    this.#markTail();
  }

  offsetOf(block: number): number {
    return partitionStart + block * blockSize;
  }

  allocate(block: number): void {
    this.#mark(block, true);
  }

  free(block: number): void {
    this.#mark(block, false);
  }

  isAllocated(block: number): boolean {
    return ((this.#bitmap[block >> 3] ?? 0) & (1 << (block & 7))) !== 0;
  }

  /** Allocates a block and fills it with a pattern; 0 makes it zeros. */
  fill(block: number, pattern: number): void {
    this.allocate(block);
    const at = this.offsetOf(block);
    const bytes = this.bytes.subarray(at, at + blockSize);
    if (pattern === 0) {
      bytes.fill(0);
      return;
    }
    for (let i = 0; i < 256; i += 1) bytes[i] = (pattern * 31 + i * 7 + block) & 255;
    for (let filled = 256; filled < blockSize; filled *= 2) bytes.copyWithin(filled, 0, filled);
  }

  /** What a restore must bring back: everything outside the volume and every allocated block of it. */
  canonical(): Uint8Array {
    const copy = this.bytes.slice();
    // The last MiB and the first 64 KiB of a partition are always taken.
    for (let block = 16; block < this.blockCount - mebibyte / blockSize; block += 1) {
      if (!this.isAllocated(block)) copy.fill(0, this.offsetOf(block), this.offsetOf(block + 1));
    }
    return copy;
  }

  copy(): ToyDisk {
    const twin = new ToyDisk(this.bytes.length);
    twin.bytes.set(this.bytes);
    return twin;
  }

  /** Keeps the counts of free blocks in step: a reader compares them with the bitmap. */
  #mark(block: number, used: boolean): void {
    const before = this.isAllocated(block);
    const bit = 1 << (block & 7);
    const byte = this.#bitmap[block >> 3] ?? 0;
    this.#bitmap[block >> 3] = used ? byte | bit : byte & ~bit;
    if (before === used || block >= this.blockCount) return;
    const view = this.#view;
    const [inSuperblock, inGroup] = [this.offsetOf(0) + 1024 + 12, this.offsetOf(1) + 12];
    const free = view.getUint32(inSuperblock, true) + (used ? -1 : 1);
    view.setUint32(inSuperblock, free, true);
    view.setUint16(inGroup, free, true);
  }

  #writeTable(signature: number): void {
    const view = this.#view;
    view.setUint32(440, signature, true);
    view.setUint8(446 + 4, 0x83);
    view.setUint32(446 + 8, partitionStart / 512, true);
    view.setUint32(446 + 12, (this.bytes.length - partitionStart) / 512, true);
    view.setUint16(510, 0xaa55, true);
  }

  #writeSuperblock(): void {
    const at = this.offsetOf(0) + 1024;
    const view = this.#view;
    view.setUint32(at, 16, true); // inodes
    view.setUint32(at + 4, this.blockCount, true);
    view.setUint32(at + 12, this.blockCount, true); // free blocks
    view.setUint32(at + 20, 0, true); // first data block
    view.setUint32(at + 24, 2, true); // 4 KiB blocks
    view.setUint32(at + 28, 2, true);
    view.setUint32(at + 32, 32_768, true); // blocks in a group
    view.setUint32(at + 36, 32_768, true);
    view.setUint32(at + 40, 16, true); // inodes in a group
    view.setUint16(at + 56, 0xef53, true);
    view.setUint16(at + 58, 1, true); // closed in order
    view.setUint32(at + 76, 1, true); // revision
    view.setUint32(at + 84, 11, true);
    view.setUint16(at + 88, 128, true); // size of an inode
    for (let i = 0; i < 16; i += 1) view.setUint8(at + 104 + i, i + 1); // UUID
    const group = this.offsetOf(1);
    view.setUint32(group, 2, true);
    view.setUint32(group + 4, 3, true);
    view.setUint32(group + 8, 4, true);
    view.setUint16(group + 12, this.blockCount, true); // free blocks
  }

  #markTail(): void {
    const wholeBytes = Math.ceil(this.blockCount / 8);
    for (let block = this.blockCount; block < wholeBytes * 8; block += 1) this.allocate(block);
    this.#bitmap.fill(0xff, wholeBytes);
  }
}
