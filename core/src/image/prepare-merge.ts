import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import type { DiskRecord, LayerEntry } from '../model/version-record.js';
import { beforeImage, type BeforeImage } from './before-image.js';
import { grainSize, grainsPerShard, toHex } from './grain.js';
import { batchBounds, encodeIndex, layerHeaderSize, sealedSize } from './layer-format.js';
import { openLayer, type Layer } from './layer-reader.js';
import type { MapShard } from './map-shard.js';
import { dataBatches, zeroBatches } from './merge-batches.js';
import { dataCount, mergeIndexes, type MergedIndex } from './merged-index.js';
import { isNeeded } from './needed.js';
import { corruptObject } from './object-io.js';
import { readShard } from './read-map.js';

/** Layers that follow one another, and between which no version is left. */
export interface MergeCandidate {
  /** The disk, as the version has it that is the base of the first layer. */
  readonly disk: DiskRecord;
  /** The oldest version that must stay readable. */
  readonly oldest: string | undefined;
  /** At least two, oldest base first. */
  readonly layers: readonly LayerEntry[];
}

/** All that is known of a merged layer before it is written. */
export interface PreparedMerge extends MergeCandidate {
  readonly sources: readonly Layer[];
  readonly before: BeforeImage;
  readonly index: MergedIndex;
  /** Bytes of the merged layer. */
  readonly size: number;
  /** Bytes that it takes less than what it replaces; 0 when no grain would go. */
  readonly freed: number;
}

/**
 * Finds out what a merged layer would hold: of every grain what the first layer has of it, and zeros where no version needs it. Reads
 * indexes and maps only. Errors: `corrupt` when one of them is not what was recorded.
 */
export async function prepareMerge(
  target: Target,
  candidate: MergeCandidate,
  hasher: Hasher,
  options?: CallOptions,
): Promise<PreparedMerge> {
  const { layers } = candidate;
  const sources: Layer[] = [];
  for (const entry of layers) sources.push(await openRecorded(target, entry, hasher, options));
  const [first] = sources;
  const before = first === undefined ? undefined : await beforeImage(target, first, hasher, options);
  if (first === undefined || before === undefined)
    throw corruptObject(target, first?.name ?? candidate.disk.image.name, 'batch 0 is not what was written');
  const index = mergeIndexes(sources.map((source) => source.index));
  await forgetUnneeded(target, candidate, index, hasher, options);
  const size = sizeOf(before, index);
  const hadGrains = sources.reduce((sum, source) => sum + dataCount(source.index), 0);
  const had = layers.reduce((sum, entry) => sum + entry.size, 0);
  const frees = dataCount(index) < hadGrains;
  return { ...candidate, sources, before, index, size, freed: frees ? Math.max(0, had - size) : 0 };
}

async function openRecorded(
  target: Target,
  { name, digest, base, run }: LayerEntry,
  hasher: Hasher,
  options?: CallOptions,
): Promise<Layer> {
  const layer = await openLayer(target, name, hasher, options);
  const isRecorded =
    layer?.sealed === true &&
    layer.header.base === base &&
    layer.header.run === run &&
    toHex(hasher.digest(encodeIndex(layer.index, run))) === digest;
  if (layer === undefined || !isRecorded) throw corruptObject(target, name, 'it is not the layer that was recorded');
  return layer;
}

/**
 * Makes zeros of what no version needs: the map of the base tells of everything that it and older ones read in the image as it was then.
 * What later runs took into use is not in it, nor what only versions needed that are gone.
 */
async function forgetUnneeded(
  target: Target,
  { disk, oldest }: MergeCandidate,
  { grains, offsets }: MergedIndex,
  hasher: Hasher,
  options?: CallOptions,
): Promise<void> {
  let [number, shard]: [number, MapShard | undefined] = [-1, undefined];
  for (const [i, grain] of grains.entries()) {
    if (offsets[i] === 0) continue;
    if (Math.floor(grain / grainsPerShard) !== number) {
      number = Math.floor(grain / grainsPerShard);
      shard = await readShard(target, disk, number, hasher, options);
    }
    const at = grain % grainsPerShard;
    if (shard?.kind(at) !== 'data' || !isNeeded(shard, at, oldest)) offsets[i] = 0;
  }
}

function sizeOf({ parts }: BeforeImage, index: MergedIndex): number {
  const saved = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let { end } = batchBounds(layerHeaderSize, parts.length, saved);
  for (const batch of dataBatches(index)) {
    const count = batch.reduce((sum, run) => sum + run.count, 0);
    ({ end } = batchBounds(end, count, count * grainSize));
  }
  for (const batch of zeroBatches(index)) ({ end } = batchBounds(end, batch.length, 0));
  return sealedSize(end, index.grains.length);
}
