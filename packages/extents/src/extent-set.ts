import { extent, type Extent } from './extent.js';

/**
 * An immutable set of bytes, kept as sorted runs that neither touch nor overlap.
 *
 * One flat array `[start0, end0, start1, end1, …]` of doubles: a fragmented file system has hundreds of thousands of
 * runs, and an object for each would cost ten times the memory.
 */
export class ExtentSet implements Iterable<Extent> {
  static readonly empty = new ExtentSet(new Float64Array(0));

  readonly #bounds: Float64Array;
  /** Number of bytes in the set. */
  readonly size: number;

  private constructor(bounds: Float64Array) {
    this.#bounds = bounds;
    let size = 0;
    for (let i = 0; i < bounds.length; i += 2) size += at(bounds, i + 1) - at(bounds, i);
    this.size = size;
  }

  /** The set of all bytes in `extents`, which may overlap and come in any order. */
  static of(...extents: readonly Extent[]): ExtentSet {
    return ExtentSet.from(extents);
  }

  /** The set of all bytes in `extents`, which may overlap and come in any order. */
  static from(extents: Iterable<Extent>): ExtentSet {
    const builder = new ExtentSetBuilder();
    for (const { start, end } of extents) builder.add(start, end);
    return builder.build();
  }

  /** Used by the builder only: `bounds` must be sorted and coalesced. @internal */
  static fromSortedBounds(bounds: Float64Array): ExtentSet {
    return bounds.length === 0 ? ExtentSet.empty : new ExtentSet(bounds);
  }

  /** Number of runs. */
  get count(): number {
    return this.#bounds.length / 2;
  }

  get isEmpty(): boolean {
    return this.#bounds.length === 0;
  }

  /** The smallest extent that holds the whole set, or `undefined` for the empty set. */
  get hull(): Extent | undefined {
    if (this.isEmpty) return undefined;
    return { start: at(this.#bounds, 0), end: at(this.#bounds, this.#bounds.length - 1) };
  }

  *[Symbol.iterator](): Iterator<Extent> {
    for (let i = 0; i < this.#bounds.length; i += 2) {
      yield { start: at(this.#bounds, i), end: at(this.#bounds, i + 1) };
    }
  }

  /** True when the byte at `offset` is in the set. */
  has(offset: number): boolean {
    const index = this.#firstEndingAfter(offset);
    return index < this.#bounds.length && at(this.#bounds, index) <= offset;
  }

  /** True when every byte of `[start, end)` is in the set. The empty range always is. */
  covers(start: number, end: number): boolean {
    if (start >= end) return true;
    const index = this.#firstEndingAfter(start);
    return index < this.#bounds.length && at(this.#bounds, index) <= start && at(this.#bounds, index + 1) >= end;
  }

  /** True when at least one byte of `[start, end)` is in the set. */
  touches(start: number, end: number): boolean {
    if (start >= end) return false;
    const index = this.#firstEndingAfter(start);
    return index < this.#bounds.length && at(this.#bounds, index) < end;
  }

  /** The runs inside `[start, end)`, cut at its borders, in order. */
  *within(start: number, end: number): Generator<Extent> {
    for (let i = this.#firstEndingAfter(start); i < this.#bounds.length; i += 2) {
      const from = Math.max(at(this.#bounds, i), start);
      if (from >= end) return;
      yield { start: from, end: Math.min(at(this.#bounds, i + 1), end) };
    }
  }

  /** The runs of `[start, end)` that are *not* in the set, in order. */
  *gaps(start: number, end: number): Generator<Extent> {
    let from = start;
    for (const run of this.within(start, end)) {
      if (run.start > from) yield { start: from, end: run.start };
      from = run.end;
    }
    if (from < end) yield { start: from, end };
  }

  union(other: ExtentSet): ExtentSet {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    const builder = new ExtentSetBuilder(this.count + other.count);
    const [a, b] = [this.#bounds, other.#bounds];
    let [i, j] = [0, 0];
    while (i < a.length || j < b.length) {
      if (j >= b.length || (i < a.length && at(a, i) <= at(b, j))) {
        builder.add(at(a, i), at(a, i + 1));
        i += 2;
      } else {
        builder.add(at(b, j), at(b, j + 1));
        j += 2;
      }
    }
    return builder.build();
  }

  intersect(other: ExtentSet): ExtentSet {
    const builder = new ExtentSetBuilder();
    const [a, b] = [this.#bounds, other.#bounds];
    let [i, j] = [0, 0];
    while (i < a.length && j < b.length) {
      const start = Math.max(at(a, i), at(b, j));
      const end = Math.min(at(a, i + 1), at(b, j + 1));
      if (start < end) builder.add(start, end);
      if (at(a, i + 1) < at(b, j + 1)) i += 2;
      else j += 2;
    }
    return builder.build();
  }

  subtract(other: ExtentSet): ExtentSet {
    if (other.isEmpty || this.isEmpty) return this;
    const builder = new ExtentSetBuilder(this.count);
    const [a, b] = [this.#bounds, other.#bounds];
    let j = 0;
    for (let i = 0; i < a.length; i += 2) {
      let start = at(a, i);
      const end = at(a, i + 1);
      while (j < b.length && at(b, j + 1) <= start) j += 2;
      for (let k = j; k < b.length && at(b, k) < end; k += 2) {
        if (at(b, k) > start) builder.add(start, at(b, k));
        start = Math.max(start, at(b, k + 1));
      }
      if (start < end) builder.add(start, end);
    }
    return builder.build();
  }

  /** The part of the set inside `[start, end)`. */
  clip(start: number, end: number): ExtentSet {
    const builder = new ExtentSetBuilder();
    for (const run of this.within(start, end)) builder.add(run.start, run.end);
    return builder.build();
  }

  /** The set moved by `distance` bytes. Throws `RangeError` when a bound would leave the safe integers. */
  shift(distance: number): ExtentSet {
    const builder = new ExtentSetBuilder(this.count);
    for (const run of this) builder.add(run.start + distance, run.end + distance);
    return builder.build();
  }

  /** Every run grown outwards to whole multiples of `unit` bytes. */
  alignOut(unit: number): ExtentSet {
    const builder = new ExtentSetBuilder(this.count);
    for (const run of this) builder.add(Math.floor(run.start / unit) * unit, Math.ceil(run.end / unit) * unit);
    return builder.build();
  }

  equals(other: ExtentSet): boolean {
    const [a, b] = [this.#bounds, other.#bounds];
    return a.length === b.length && a.every((bound, index) => bound === b[index]);
  }

  /** Index in the bounds of the first run whose end lies after `offset`, by bisection. */
  #firstEndingAfter(offset: number): number {
    let [low, high] = [0, this.#bounds.length / 2];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at(this.#bounds, middle * 2 + 1) > offset) high = middle;
      else low = middle + 1;
    }
    return low * 2;
  }
}

/** Collects runs in any order; runs that come in order cost nothing extra. */
export class ExtentSetBuilder {
  #bounds: Float64Array;
  #length = 0;
  #sorted = true;

  /** `expected`: number of runs to make room for. */
  constructor(expected = 8) {
    this.#bounds = new Float64Array(Math.max(expected, 4) * 2);
  }

  /** Adds `[start, end)`. Throws `RangeError` when it is not an extent; an empty one is ignored. */
  add(start: number, end: number): this {
    const run = extent(start, end);
    if (run.start === run.end) return this;
    const last = this.#length - 2;
    if (last >= 0 && start >= at(this.#bounds, last) && start <= at(this.#bounds, last + 1)) {
      if (end > at(this.#bounds, last + 1)) this.#bounds[last + 1] = end;
      return this;
    }
    if (last >= 0 && start < at(this.#bounds, last)) this.#sorted = false;
    if (this.#length === this.#bounds.length) {
      const grown = new Float64Array(this.#bounds.length * 2);
      grown.set(this.#bounds);
      this.#bounds = grown;
    }
    this.#bounds[this.#length] = start;
    this.#bounds[this.#length + 1] = end;
    this.#length += 2;
    return this;
  }

  build(): ExtentSet {
    if (this.#sorted) return ExtentSet.fromSortedBounds(this.#bounds.slice(0, this.#length));
    const runs = Array.from({ length: this.#length / 2 }, (_, i) => i).sort(
      (a, b) => at(this.#bounds, a * 2) - at(this.#bounds, b * 2),
    );
    const sorted = new ExtentSetBuilder(runs.length);
    for (const i of runs) sorted.add(at(this.#bounds, i * 2), at(this.#bounds, i * 2 + 1));
    return sorted.build();
  }
}

function at(bounds: Float64Array, index: number): number {
  const bound = bounds[index];
  if (bound === undefined) throw new RangeError(`bound ${index} of ${bounds.length}`);
  return bound;
}
