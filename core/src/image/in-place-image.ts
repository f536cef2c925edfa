import { beforeImagePieces } from './before-image.js';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import { openImage } from './choose-format.js';
import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { RandomFile } from '../contract/target.js';
import { equalBytes, grainSize } from './grain.js';
import {
  emptyTable,
  headerDigest,
  imageSize,
  noSlot,
  slotDataOffset,
  type ImageFormat,
  type SlotTable,
} from './image-format.js';
import type { LayerPiece } from './layer-writer.js';
import type { CopyTo } from './read-digests.js';
import { SlotClaims } from './slot-claims.js';
import { allEnded, copyWithin, writeNonZero, writeZeros, zeros } from './sparse-writes.js';
import type { ImageIdentity } from './new-identity.js';
import { asCorrupt, readerOf } from './object-io.js';

/** A contiguous piece of the image: grains of one block. */
interface Piece {
  readonly block: number;
  /** Offset in the block, bytes. */
  readonly offset: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The VHD of one disk, changed where it lies. Blocks get slots as grains come; table and footer are written by `finish`, so
 * until then the header region on the medium is the one from before the run.
 */
export class InPlaceImage {
  readonly name: ObjectName;
  #format: ImageFormat;
  readonly #file: RandomFile;
  readonly #table: SlotTable;
  readonly #fresh = new Set<number>();
  readonly #claims = new SlotClaims();
  #slots: number;

  private constructor(name: ObjectName, file: RandomFile, format: ImageFormat, table: SlotTable) {
    this.name = name;
    this.#file = file;
    this.#format = format;
    this.#table = table;
    this.#slots = table.reduce((most, slot) => Math.max(most, slot + 1), 0);
  }

  /** A new image in an empty file. Nothing is written before the first grain. */
  static create(name: ObjectName, file: RandomFile, format: ImageFormat): InPlaceImage {
    return new InPlaceImage(name, file, format, emptyTable(format));
  }

  /** Opens an image that a version committed. `corrupt` when it is not one of ours or its parts do not fit together. */
  static async open(name: ObjectName, file: RandomFile): Promise<InPlaceImage> {
    try {
      const { own } = await openImage(readerOf(file), await file.size());
      if (own === undefined) {
        throw new SysimageError('corrupt', `${name} was rewritten by another program`, { context: { object: name } });
      }
      return new InPlaceImage(name, file, own.format, own.table);
    } catch (error) {
      const told = asCorrupt(error, name);
      // An image of a kind that we never write was put there by somebody else.
      if (!isSysimageError(told, 'unsupported')) throw told;
      throw new SysimageError('corrupt', told.message, { context: told.context, cause: told });
    }
  }

  get format(): ImageFormat {
    return this.#format;
  }

  /** Bytes of the finished file. */
  get size(): number {
    return imageSize(this.#format, this.#slots);
  }

  /** True when every slot of the file belongs to a block; a table that was torn while it was written may have lost some. */
  get isDense(): boolean {
    return this.#table.reduce((count, slot) => count + (slot === noSlot ? 0 : 1), 0) === this.#slots;
  }

  /** True when a grain has a place in the file, so that it may hold anything. */
  mayHoldBytes(grain: number): boolean {
    const block = Math.floor((grain * grainSize) / this.#format.blockSize);
    return this.#table[block] !== noSlot && !this.#fresh.has(block);
  }

  /** True when a block of the disk has a slot. */
  hasSlot(block: number): boolean {
    return this.#table[block] !== noSlot;
  }

  /** The blocks under a run of grains that have no slot yet. */
  withoutSlot(grain: number, length: number): readonly number[] {
    return Array.from(this.#pieces(grain, length), ({ block }) => block).filter((block) => !this.hasSlot(block));
  }

  /**
   * Gives the slot of a block that nobody needs to one that has none; all of it reads as zeros then. A layer must hold that every grain
   * of the first was zeros, and be flushed. Nothing may be written to the second before this resolves.
   */
  async moveSlot(from: number, to: number): Promise<void> {
    const slot = this.#table[from] ?? noSlot;
    if (slot === noSlot || this.hasSlot(to)) throw new RangeError(`no slot goes from block ${from} to block ${to}`);
    this.#table[from] = noSlot;
    this.#table[to] = slot;
    this.#fresh.add(to);
    const at = slotDataOffset(this.#format, slot);
    await writeZeros(this.#file, at, at + this.#format.blockSize);
    await allEnded(this.#writeFrame(at));
  }

  /** Reads whole grains; what has no place reads as zeros. */
  async read(grain: number, into: Uint8Array): Promise<void> {
    for (const piece of this.#pieces(grain, into.length)) {
      const at = this.#dataOffset(piece.block);
      const part = into.subarray(piece.start, piece.end);
      if (at === undefined) part.fill(0);
      else await this.#file.read(at + piece.offset, part);
    }
  }

  /** Writes whole grains, making room where there is none. Side by side too: blocks get their slots in the order of the calls. */
  async write(grain: number, bytes: Uint8Array): Promise<void> {
    const writes: Promise<void>[] = [];
    // In the order of the file, and all begun at once: the target may make one of neighbours.
    for (const piece of this.#pieces(grain, bytes.length)) {
      const known = this.#dataOffset(piece.block);
      const at = (known ?? this.#allocate(piece.block)) + piece.offset;
      if (known === undefined) writes.push(...this.#writeFrame(at - piece.offset));
      const part = bytes.subarray(piece.start, piece.end);
      // A new slot reads as zeros already: what is zero stays a hole.
      if (this.#fresh.has(piece.block)) writes.push(...writeNonZero(this.#file, at, part));
      else writes.push(this.#file.write(at, part));
    }
    await allEnded(writes);
  }

  /**
   * The place of whole grains for somebody else to write, in a block that is new since `begin`: what is zeros may be left out there.
   * `undefined`: there is none, and `write` is the way. What becomes of it is told by `settle`; `write` has to wait for that.
   */
  claim(grain: number, length: number): CopyTo | undefined {
    const [piece, ...others] = this.#pieces(grain, length);
    const lend = this.#file.lend?.bind(this.#file);
    if (lend === undefined || piece === undefined || others.length > 0) return undefined;
    const isNew = !this.hasSlot(piece.block);
    if (!isNew && !this.#fresh.has(piece.block)) return undefined;
    const at = isNew ? this.#allocate(piece.block) : (this.#dataOffset(piece.block) ?? 0);
    const to = { lend, offset: at + piece.offset, parts: [{ start: 0, end: length }], blank: true };
    const bytes = this.#format.slotFrame;
    const isFramed = !this.#claims.add(piece.block, isNew) || bytes.length === 0;
    return isFramed ? to : { ...to, frame: { offset: at - bytes.length, bytes } };
  }

  /**
   * What became of a claim: all of it that is not zeros was written, and the frame with it; something may have been, or will be; nothing
   * was, and nothing will be. A block of which nothing was written gives its slot to the next one.
   */
  async settle(grain: number, written: 'all' | 'some' | 'nothing'): Promise<void> {
    const block = Math.floor((grain * grainSize) / this.#format.blockSize);
    const fate = this.#claims.settle(block, written !== 'nothing');
    const slot = this.#table[block] ?? noSlot;
    if (fate === 'used' && written === 'some') await allEnded(this.#writeFrame(slotDataOffset(this.#format, slot)));
    if (fate !== 'unused') return;
    this.#claims.unused.push(slot);
    this.#table[block] = noSlot;
  }

  /** Makes whole grains read as zeros, as holes where that can be. Grains without a place are zeros already. */
  async clear(grain: number, count: number): Promise<void> {
    for (const piece of this.#pieces(grain, count * grainSize)) {
      const at = this.#dataOffset(piece.block);
      if (at === undefined) continue;
      await writeZeros(this.#file, at + piece.offset, at + piece.offset + piece.end - piece.start);
    }
  }

  /** Puts right what stands before the payload of every slot that was there before this run. */
  async mendFrames(): Promise<void> {
    const { slotFrame } = this.#format;
    for (const [block, slot] of this.#table.entries()) {
      if (slot === noSlot || this.#fresh.has(block) || slotFrame.length === 0) continue;
      const at = slotDataOffset(this.#format, slot) - slotFrame.length;
      const found = await readerOf(this.#file)(at, slotFrame.length);
      if (!equalBytes(found, slotFrame)) await this.#file.write(at, slotFrame);
    }
  }

  /** What batch 0 of a layer must hold to undo any later change of table, footer and length. */
  async beforeImage(hasher: Hasher): Promise<readonly LayerPiece[]> {
    return beforeImagePieces(this.#file, this.#format, hasher);
  }

  /**
   * Cuts the file behind its last slot and footer, and makes the footer zeros, so that every new slot reads as zeros. From here on the file has
   * no footer: the run mark must be there before. Its room stays taken: a target may be full when the run is taken back. `identity`: of what the file becomes, in formats that tell states of a file apart.
   */
  async begin(identity?: ImageIdentity): Promise<void> {
    if (identity !== undefined) this.#format = this.#format.changed(identity);
    await this.#file.truncate(this.size);
    const { footerSize } = this.#format;
    if (footerSize > 0) await this.#file.write(this.size - footerSize, zeros.subarray(0, footerSize));
  }

  /** Writes table and footer and gives the file its exact size. Not durable before `flush`. */
  async finish(): Promise<void> {
    await this.#closeGaps();
    await this.#file.truncate(this.size);
    await this.#file.write(0, this.#format.encodeHeader(this.#table));
    const footer = this.#format.encodeFooter();
    if (footer.length > 0) await this.#file.write(this.size - footer.length, footer);
  }

  /**
   * Makes a table durable that names what was written so far: a first image that is cut after this can be gone on with. Writes may
   * go on meanwhile: what a block holds is looked at before it is believed. Only for images of no version yet.
   */
  async checkpoint(): Promise<void> {
    // A table must not point beyond the end.
    const { headerSize, slotSize } = this.#format;
    const whole = Math.floor(((await this.#file.size()) - headerSize) / slotSize);
    const table = this.#table.map((slot) => (slot < whole ? slot : noSlot));
    await this.#file.write(0, this.#format.encodeHeader(table));
    await this.#file.flush();
  }

  /** BLAKE3 of header region and footer as `finish` writes them. */
  headerDigest(hasher: Hasher): string {
    return headerDigest(this.#format.encodeHeader(this.#table), this.#format.encodeFooter(), hasher);
  }

  async flush(): Promise<void> {
    await this.#file.flush();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #dataOffset(block: number): number | undefined {
    const slot = this.#table[block];
    if (slot === undefined) throw new RangeError(`block ${block} of ${this.#table.length}`);
    return slot === noSlot ? undefined : slotDataOffset(this.#format, slot);
  }

  /** The last blocks move to the slots that nobody wanted in the end. */
  async #closeGaps(): Promise<void> {
    const gaps = this.#claims.unused.splice(0).toSorted((a, b) => a - b);
    for (; gaps.length > 0; this.#slots -= 1) {
      const last = this.#slots - 1;
      if (gaps.at(-1) === last) gaps.pop();
      else await this.#moveTo(gaps.shift() ?? last, this.#table.indexOf(last));
    }
  }

  /** A slot that reads as zeros becomes that of a block which has another one. */
  async #moveTo(slot: number, block: number): Promise<void> {
    const [from, to] = [this.#dataOffset(block) ?? 0, slotDataOffset(this.#format, slot)];
    await copyWithin(this.#file, from, to, this.#format.blockSize);
    await allEnded(this.#writeFrame(to));
    this.#table[block] = slot;
  }

  /** Gives a block the next slot, and tells where its payload will be. */
  #allocate(block: number): number {
    const unused = this.#claims.unused.shift();
    const slot = unused ?? this.#slots;
    this.#table[block] = slot;
    if (unused === undefined) this.#slots += 1;
    this.#fresh.add(block);
    return slotDataOffset(this.#format, slot);
  }

  #writeFrame(dataOffset: number): Promise<void>[] {
    const { slotFrame } = this.#format;
    return writeNonZero(this.#file, dataOffset - slotFrame.length, slotFrame);
  }

  *#pieces(grain: number, length: number): Generator<Piece> {
    const { blockSize } = this.#format;
    const from = grain * grainSize;
    for (let start = 0; start < length;) {
      const at = from + start;
      const block = Math.floor(at / blockSize);
      const end = Math.min(length, start + (block + 1) * blockSize - at);
      yield { block, offset: at - block * blockSize, start, end };
      start = end;
    }
  }
}
