/** A half-open run `[start, end)` of bytes. Both are safe integers, `0 <= start <= end`. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** Makes a checked extent. Throws `RangeError` when the offsets are not safe integers in order. */
export function extent(start: number, end: number): Extent {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(`not an extent: [${start}, ${end})`);
  }
  return { start, end };
}

/** Number of bytes in an extent. */
export function lengthOf(range: Extent): number {
  return range.end - range.start;
}
