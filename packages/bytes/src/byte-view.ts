import { FormatError } from './format-error.js';

/**
 * Reads exactly `length` bytes at `offset`, or rejects. The bytes belong to the caller.
 * Format readers are given one of these; they never learn where the bytes come from.
 */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/**
 * A window on bytes that nobody vouches for. Every access outside it is a `FormatError` with code `corrupt` that names the
 * object and the offset, instead of a `RangeError` from deep inside.
 */
export class ByteView {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  readonly #base: number;

  /** `what`: name of the structure, for errors. `base`: offset of its first byte in the whole object. */
  constructor(bytes: Uint8Array, what: string, base = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
    this.#base = base;
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(offset: number): number {
    return this.#view.getUint8(this.#check(offset, 1));
  }

  u16le(offset: number): number {
    return this.#view.getUint16(this.#check(offset, 2), true);
  }

  u16be(offset: number): number {
    return this.#view.getUint16(this.#check(offset, 2), false);
  }

  u32le(offset: number): number {
    return this.#view.getUint32(this.#check(offset, 4), true);
  }

  u32be(offset: number): number {
    return this.#view.getUint32(this.#check(offset, 4), false);
  }

  i8(offset: number): number {
    return this.#view.getInt8(this.#check(offset, 1));
  }

  /** An unsigned 64-bit number; `corrupt` when it is not a safe integer. */
  u64le(offset: number): number {
    return this.#safe(this.#view.getBigUint64(this.#check(offset, 8), true), offset);
  }

  /** An unsigned 64-bit number; `corrupt` when it is not a safe integer. */
  u64be(offset: number): number {
    return this.#safe(this.#view.getBigUint64(this.#check(offset, 8), false), offset);
  }

  /** The 64 bits as they are, for values that are not offsets. */
  bits64le(offset: number): bigint {
    return this.#view.getBigUint64(this.#check(offset, 8), true);
  }

  /** `length` bytes as Latin-1 text: one character a byte. */
  latin1(offset: number, length: number): string {
    return String.fromCharCode(...this.slice(offset, length));
  }

  /** A window on the same bytes, not a copy. */
  slice(offset: number, length: number): Uint8Array {
    this.#check(offset, length);
    return this.bytes.subarray(offset, offset + length);
  }

  /** A narrower view of the same structure or of one inside it. */
  view(offset: number, length: number, what = this.#what): ByteView {
    return new ByteView(this.slice(offset, length), what, this.#base + offset);
  }

  /** An error about the bytes at `offset` of this view. */
  corrupt(message: string, offset = 0): FormatError {
    return new FormatError('corrupt', `${this.#what}: ${message}`, { offset: this.#base + offset });
  }

  #check(offset: number, length: number): number {
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > this.bytes.length) {
      throw new FormatError('corrupt', `${this.#what}: needs ${length} bytes at ${offset}, has ${this.bytes.length}`, {
        offset: this.#base,
      });
    }
    return offset;
  }

  #safe(value: bigint, offset: number): number {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.corrupt(`${value} is out of range`, offset);
    return Number(value);
  }
}
