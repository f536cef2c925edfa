import { isFormatError } from '@sysimage/bytes';
import { SysimageError } from '../contract/errors.js';
import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import { equalBytes } from './grain.js';
import {
  batchTableSize,
  decodeBatch,
  decodeEndMark,
  decodeIndex,
  decodeLayerHeader,
  endMarkSize,
  layerHeaderSize,
  type LayerBatch,
  type LayerHeader,
  type LayerIndex,
} from './layer-format.js';
import { asCorrupt, readRange } from './object-io.js';

/** What a layer holds, however it was left. */
export interface Layer {
  readonly name: ObjectName;
  readonly header: LayerHeader;
  readonly sealed: boolean;
  readonly index: LayerIndex;
}

const headRead = 4096;

/**
 * Opens a layer: by its index when it was sealed, otherwise batch by batch up to the first one that is not whole.
 * `undefined` when not even the header is there: the run was cut before anything in the image could change.
 */
export async function openLayer(
  target: Target,
  name: ObjectName,
  hasher: Hasher,
  options?: CallOptions,
): Promise<Layer | undefined> {
  const stat = await target.stat(name, options);
  if (stat === undefined)
    throw new SysimageError('corrupt', `${name} is missing on ${target.traits.location}`, {
      context: { object: name },
    });
  if (stat.size < layerHeaderSize) return undefined;
  let header: LayerHeader;
  try {
    header = decodeLayerHeader(await readRange(target, name, 0, layerHeaderSize, options), hasher, name);
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
  const sealed = await readIndex(target, name, stat.size, header, hasher, options);
  if (sealed !== undefined) return { name, header, sealed: true, index: sealed };
  const batches = readBatches(target, name, stat.size, header, hasher, options);
  return { name, header, sealed: false, index: await indexOf(batches) };
}

/** Every whole batch of a layer, in order. Payloads are not read. */
export async function* readBatches(
  target: Target,
  name: ObjectName,
  size: number,
  header: LayerHeader,
  hasher: Hasher,
  options?: CallOptions,
): AsyncGenerator<LayerBatch> {
  let offset = layerHeaderSize;
  for (let seq = 0; offset < size; seq += 1) {
    const head = await readRange(target, name, offset, Math.min(offset + headRead, size), options);
    const tableSize = batchTableSize(head);
    if (tableSize === undefined || offset + tableSize > size) return;
    const table = tableSize <= head.length ? head : await readRange(target, name, offset, offset + tableSize, options);
    const batch = batchAt(table, offset, { seq, run: header.run }, hasher, name);
    if (batch === undefined || batch.end <= offset || payloadEnd(batch) > size) return;
    yield batch;
    offset = batch.end;
  }
}

function batchAt(
  table: Uint8Array,
  offset: number,
  expected: { readonly seq: number; readonly run: string },
  hasher: Hasher,
  name: ObjectName,
): LayerBatch | undefined {
  try {
    return decodeBatch(table, offset, expected, hasher);
  } catch (error) {
    throw asCorrupt(error, name);
  }
}

/** Position of a grain in an index; `undefined` when the layer does not have it. Offset 0: zeros. */
export function findGrain(index: LayerIndex, grain: number): number | undefined {
  let [low, high] = [0, index.grains.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((index.grains[middle] ?? 0) < grain) low = middle + 1;
    else high = middle;
  }
  return index.grains[low] === grain ? index.offsets[low] : undefined;
}

/** Offset in the layer at which the last payload of a batch ends. */
export function payloadEnd(batch: LayerBatch): number {
  return batch.payloadOffset + batch.items.reduce((sum, item) => sum + item.length, 0);
}

async function readIndex(
  target: Target,
  name: ObjectName,
  size: number,
  header: LayerHeader,
  hasher: Hasher,
  options?: CallOptions,
): Promise<LayerIndex | undefined> {
  if (size < layerHeaderSize + endMarkSize) return undefined;
  const mark = decodeEndMark(await readRange(target, name, size - endMarkSize, size, options));
  if (mark === undefined || mark.indexOffset + mark.indexLength > size - endMarkSize) return undefined;
  const bytes = await readRange(target, name, mark.indexOffset, mark.indexOffset + mark.indexLength, options);
  if (!equalBytes(hasher.digest(bytes), mark.digest)) return undefined;
  try {
    return decodeIndex(bytes, header.run, mark.indexOffset, name);
  } catch (error) {
    throw asCorrupt(error, name);
  }
}

async function indexOf(batches: AsyncIterable<LayerBatch>): Promise<LayerIndex> {
  const places = new Map<number, number>();
  for await (const batch of batches) {
    let at = batch.payloadOffset;
    for (const item of batch.items) {
      if (item.kind !== 'file') places.set(item.position, item.kind === 'zero' ? 0 : at);
      at += item.length;
    }
  }
  const sorted = [...places].sort(([a], [b]) => a - b);
  return {
    grains: Uint32Array.from(sorted, ([grain]) => grain),
    offsets: Float64Array.from(sorted, ([, offset]) => offset),
  };
}
