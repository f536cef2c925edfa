const pageSize = 65_536;
const zeroPage = Buffer.alloc(pageSize);

/**
 * Bytes in pages, so that holes cost nothing and runs of zeros almost nothing. Clones share pages until one of them is
 * written: a store can be copied at every point of a sweep.
 */
export class SparseBytes {
  #pages: Map<number, Uint8Array>;
  /** Pages that no clone shares. */
  readonly #own = new Set<number>();
  #size: number;

  constructor(size = 0, pages: Map<number, Uint8Array> = new Map()) {
    this.#size = size;
    this.#pages = pages;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes that were written, holes left out. */
  get allocated(): number {
    let sum = 0;
    for (const index of this.#pages.keys()) sum += Math.min(pageSize, this.#size - index * pageSize);
    return sum;
  }

  /** The same without pages that are in `seen`, which are shared; the others are added to it. */
  allocatedBeside(seen: Set<Uint8Array>): number {
    let sum = 0;
    for (const [index, page] of this.#pages) {
      if (page !== zeroPage && seen.has(page)) continue;
      seen.add(page);
      sum += Math.min(pageSize, this.#size - index * pageSize);
    }
    return sum;
  }

  /** What `allocated` would grow by if `length` bytes were written at `offset`. */
  growth(offset: number, length: number): number {
    if (length === 0) return 0;
    const end = offset + length;
    const size = Math.max(this.#size, end);
    let sum = 0;
    for (let index = Math.floor(offset / pageSize); index * pageSize < end; index += 1) {
      if (!this.#pages.has(index)) sum += Math.min(pageSize, size - index * pageSize);
    }
    const last = Math.floor(this.#size / pageSize);
    const tail = this.#pages.has(last) ? Math.min(size, (last + 1) * pageSize) - this.#size : 0;
    return sum + tail;
  }

  /** Fills `into`; beyond the end it reads zeros. */
  read(offset: number, into: Uint8Array): void {
    for (const { index, from, at, length } of pieces(offset, into.byteLength)) {
      const page = this.#pages.get(index);
      if (page === undefined) into.fill(0, at, at + length);
      else into.set(page.subarray(from, from + length), at);
    }
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    for (const { index, from, at, length } of pieces(offset, bytes.byteLength)) {
      const piece = bytes.subarray(at, at + length);
      if (length === pageSize && zeroPage.equals(piece)) this.#share(index, zeroPage);
      else this.#writable(index).set(piece, from);
    }
    this.#size = Math.max(this.#size, offset + bytes.byteLength);
  }

  truncate(size: number): void {
    if (size < this.#size) this.punch(size, this.#size);
    this.#size = size;
  }

  /** The parts of `[start, end)` that are no holes, page by page. */
  held(start: number, end: number): readonly { readonly start: number; readonly end: number }[] {
    return this.#touched(start, end)
      .filter((index) => this.#pages.has(index))
      .map((index) => ({ start: Math.max(start, index * pageSize), end: Math.min(end, (index + 1) * pageSize) }))
      .filter((part) => part.start < part.end);
  }

  /** Makes a hole of `[start, end)`. */
  punch(start: number, end: number): void {
    for (const index of this.#touched(start, end)) {
      if (!this.#pages.has(index)) continue;
      const from = Math.max(0, start - index * pageSize);
      const to = Math.min(pageSize, end - index * pageSize);
      if (from >= to) continue;
      if (from === 0 && index * pageSize + to >= Math.min(this.#size, (index + 1) * pageSize)) {
        this.#pages.delete(index);
        this.#own.delete(index);
      } else this.#writable(index).fill(0, from, to);
    }
  }

  clone(): SparseBytes {
    this.#own.clear();
    return new SparseBytes(this.#size, new Map(this.#pages));
  }

  /** Whichever is shorter: the pages of the range, or all pages that are there. */
  #touched(start: number, end: number): number[] {
    return end - start > this.#pages.size * pageSize ? [...this.#pages.keys()] : [...span(start, end)];
  }

  #share(index: number, page: Uint8Array): void {
    this.#pages.set(index, page);
    this.#own.delete(index);
  }

  #writable(index: number): Uint8Array {
    const page = this.#pages.get(index);
    if (page !== undefined && this.#own.has(index)) return page;
    const copy = page === undefined ? new Uint8Array(pageSize) : new Uint8Array(page);
    this.#pages.set(index, copy);
    this.#own.add(index);
    return copy;
  }
}

function* span(start: number, end: number): Iterable<number> {
  for (let index = Math.floor(start / pageSize); index * pageSize < end; index += 1) yield index;
}

function* pieces(
  offset: number,
  total: number,
): Iterable<{ readonly index: number; readonly from: number; readonly at: number; readonly length: number }> {
  for (let at = 0; at < total;) {
    const index = Math.floor((offset + at) / pageSize);
    const from = offset + at - index * pageSize;
    const length = Math.min(pageSize - from, total - at);
    yield { index, from, at, length };
    at += length;
  }
}
