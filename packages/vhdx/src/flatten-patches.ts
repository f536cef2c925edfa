import type { LogPatch } from './log-entry.js';

/**
 * The same patches in order of their place, none over another: of those that overlap the last one counts. In time that hardly
 * grows faster than their number, however often a log made to be slow writes the same place.
 */
export function flattenPatches(patches: readonly LogPatch[]): readonly LogPatch[] {
  const bounds = Float64Array.from(new Set(patches.flatMap(({ start, end }) => [start, end]))).sort();
  const indexOf = new Map(Array.from(bounds, (bound, index) => [bound, index]));
  const flat = Array.from(bounds, (): LogPatch | undefined => undefined);
  // For each piece between two bounds the next one, itself included, that nobody has taken yet.
  const free = Uint32Array.from(bounds, (_, index) => index);
  const firstFree = (from: number): number => {
    let index = from;
    while (free[index] !== undefined && free[index] !== index) {
      free[index] = free[free[index] ?? index] ?? bounds.length;
      index = free[index] ?? bounds.length;
    }
    return index;
  };
  for (const { start, end, bytes } of patches.toReversed()) {
    const last = indexOf.get(end) ?? 0;
    for (let index = firstFree(indexOf.get(start) ?? last); index < last; index = firstFree(index)) {
      const [from = start, to = end] = [bounds[index], bounds[index + 1]];
      flat[index] = { start: from, end: to, bytes: bytes?.subarray(from - start, to - start) };
      free[index] = index + 1;
    }
  }
  return flat.filter((patch) => patch !== undefined);
}
