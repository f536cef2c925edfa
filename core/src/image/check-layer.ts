import { isZero } from '@sysimage/bytes';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import { isSysimageError } from '../contract/errors.js';
import type { FoundDamage } from '../model/damage.js';
import type { LayerEntry } from '../model/version-record.js';
import { toHex } from './grain.js';
import {
  alignLayer,
  batchTableSize,
  decodeBatch,
  encodeEndMark,
  encodeIndex,
  encodeLayerHeader,
  endMarkSize,
  layerHeaderSize,
  type LayerBatch,
} from './layer-format.js';
import { checkPayload } from './check-payload.js';
import { openLayer, payloadEnd, type Layer } from './layer-reader.js';
import { readRange } from './object-io.js';
import type { Wanted } from './share.js';

/** Bytes of padding or payload read at once. */
const readSize = 1024 * 1024;

export interface LayerCheck {
  readonly target: Target;
  readonly entry: LayerEntry;
  readonly hasher: Hasher;
  readonly options?: CallOptions;
  /** Which displaced grains are read; all else always is. */
  readonly wanted: Wanted;
  /** Hears how many bytes were looked at, and where they start. What lies before was looked at earlier. */
  readonly onRead: (bytes: number, offset: number) => void;
}

/** Reads a sealed layer from end to end: every batch, every payload, the padding between, index and end mark. */
export async function* checkLayer(check: LayerCheck): AsyncGenerator<FoundDamage> {
  const { target, entry, hasher, options } = check;
  const object = entry.name;
  const stat = await target.stat(object, options);
  if (stat === undefined) {
    yield { object, start: 0, end: entry.size, what: 'it is missing' };
    return;
  }
  if (stat.size !== entry.size) {
    const [start, end] = [Math.min(stat.size, entry.size), Math.max(stat.size, entry.size)];
    const harmless = stat.size > entry.size;
    yield { object, start, end, what: `it has ${stat.size} bytes instead of ${entry.size}`, harmless };
  }
  const layer = await openOrUndefined(check);
  if (layer === undefined) {
    yield { object, start: 0, end: layerHeaderSize, what: 'its header is not what was written' };
    return;
  }
  const header = await readRange(target, object, 0, layerHeaderSize, options);
  yield* compare(object, 0, header, encodeLayerHeader(layer.header, hasher), 'its header is not what was written');
  if (!layer.sealed) {
    yield { object, start: 0, end: stat.size, what: 'its index or end mark is not what was written' };
  }
  const index = encodeIndex(layer.index, layer.header.run);
  if (layer.sealed && toHex(hasher.digest(index)) !== entry.digest) {
    yield { object, start: 0, end: stat.size, what: 'its index is not the one that was recorded' };
  }
  const indexAt = layer.sealed ? stat.size - endMarkSize - alignLayer(index.length) : stat.size;
  yield* checkBatches(check, layer, indexAt);
  if (!layer.sealed) return;
  const tail = await readRange(target, object, indexAt, stat.size, options);
  const expected = new Uint8Array(tail.length);
  expected.set(index, 0);
  expected.set(encodeEndMark(indexAt, index, hasher), tail.length - endMarkSize);
  yield* compare(object, indexAt, tail, expected, 'its index or end mark is not what was written');
}

async function* checkBatches(check: LayerCheck, layer: Layer, end: number): AsyncGenerator<FoundDamage> {
  const object = layer.name;
  let at = layerHeaderSize;
  for (let seq = 0; at < end; seq += 1) {
    const batch = await readBatch(check, layer, at, end, seq);
    if (batch === undefined) {
      // Readers go by the index; it is the roll-back of this run that is lost.
      yield { object, start: at, end, what: `batch ${seq} is not what was written`, harmless: layer.sealed };
      return;
    }
    check.onRead(batch.payloadOffset - at, at);
    yield* checkPayload(check, layer, batch);
    yield* checkPadding(check, object, payloadEnd(batch), Math.min(batch.end, end));
    at = batch.end;
  }
}

async function readBatch(
  { target, hasher, options }: LayerCheck,
  layer: Layer,
  at: number,
  end: number,
  seq: number,
): Promise<LayerBatch | undefined> {
  const head = await readRange(target, layer.name, at, Math.min(at + layerHeaderSize, end), options);
  const size = batchTableSize(head);
  if (size === undefined || at + size > end) return undefined;
  const table = await readRange(target, layer.name, at, Math.min(alignLayer(at + size), end), options);
  const batch = decodeBatch(table, at, { seq, run: layer.header.run }, hasher);
  const sound = batch !== undefined && batch.end > at && batch.end <= end && isZero(table.subarray(size));
  return sound ? batch : undefined;
}

async function* checkPadding(
  { target, options }: LayerCheck,
  object: LayerEntry['name'],
  start: number,
  end: number,
): AsyncGenerator<FoundDamage> {
  for (let at = start; at < end; at += readSize) {
    const bytes = await readRange(target, object, at, Math.min(at + readSize, end), options);
    for (const damage of compare(object, at, bytes, new Uint8Array(bytes.length), 'the padding is not zeros'))
      yield { ...damage, harmless: true };
  }
}

function* compare(
  object: string,
  at: number,
  found: Uint8Array,
  expected: Uint8Array,
  what: string,
): Generator<FoundDamage> {
  const differs = found.findIndex((byte, i) => byte !== expected[i]);
  if (differs >= 0) yield { object, start: at + differs, end: at + differs + 1, what };
}

async function openOrUndefined({ target, entry, hasher, options }: LayerCheck): Promise<Layer | undefined> {
  try {
    return await openLayer(target, entry.name, hasher, options);
  } catch (error) {
    if (isSysimageError(error, 'corrupt')) return undefined;
    throw error;
  }
}
