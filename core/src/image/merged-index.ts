import type { LayerIndex } from './layer-format.js';

/** Where each grain of several layers lies, sorted by grain. Offset 0 means zeros. */
export interface MergedIndex extends LayerIndex {
  /** For each grain the number of the layer that has it. */
  readonly sources: Uint32Array;
}

/**
 * Puts the indexes of layers that follow one another together, oldest base first: of a grain that several have, the first counts, as it
 * does for readers.
 */
export function mergeIndexes(indexes: readonly LayerIndex[]): MergedIndex {
  let merged: MergedIndex = { grains: new Uint32Array(0), offsets: new Float64Array(0), sources: new Uint32Array(0) };
  for (const [source, index] of indexes.entries()) merged = mergeInto(merged, index, source);
  return merged;
}

function mergeInto(older: MergedIndex, newer: LayerIndex, source: number): MergedIndex {
  const most = older.grains.length + newer.grains.length;
  const [grains, offsets, sources] = [new Uint32Array(most), new Float64Array(most), new Uint32Array(most)];
  let count = 0;
  for (let [i, k] = [0, 0]; i < older.grains.length || k < newer.grains.length; count += 1) {
    const [mine, its] = [older.grains[i] ?? Infinity, newer.grains[k] ?? Infinity];
    const isMine = mine <= its;
    grains[count] = isMine ? mine : its;
    offsets[count] = (isMine ? older.offsets[i] : newer.offsets[k]) ?? 0;
    sources[count] = isMine ? (older.sources[i] ?? 0) : source;
    if (isMine) i += 1;
    if (its <= mine) k += 1;
  }
  return {
    grains: grains.subarray(0, count),
    offsets: offsets.subarray(0, count),
    sources: sources.subarray(0, count),
  };
}

/** Grains that have bytes, not zeros. */
export function dataCount({ offsets }: LayerIndex): number {
  return offsets.reduce((count, offset) => count + (offset === 0 ? 0 : 1), 0);
}
