import { ByteView } from '@sysimage/bytes';
import type { Hasher } from '../contract/services.js';
import { digestSize, equalBytes, grainSize } from './grain.js';

/*
 * Format `sysimage-layer/1`, see docs/formats/layer.md. All numbers little-endian, every part starts at a multiple of 4096.
 *
 *   header | batch 0: before-image of the VHD header region and footer | batch 1 | … | index | end mark
 *   batch  = head: magic, seq, count, payload offset and length, run, digest(head and table) | table | payload
 *   entry  = kind, length, position, digest(payload of the entry)
 */
export const layerAlignment = 4096;
export const layerHeaderSize = 4096;
export const endMarkSize = 64;
const headerMagic = 'SYSIMGL1';
const batchMagic = 'SYSIMGB1';
const indexMagic = 'SYSIMGX1';
const endMagic = 'SYSIMGE1';
const batchHeadSize = 96;
const entrySize = 48;
const indexHeadSize = 48;
const indexEntrySize = 16;
const maximumEntries = 65_536;

export type LayerEntryKind = 'data' | 'zero' | 'file';
const kinds: readonly LayerEntryKind[] = ['data', 'zero', 'file'];

/** `data`, `zero`: a displaced grain, `position` is its number. `file`: bytes of the image file at `position`. */
export interface LayerItem {
  readonly kind: LayerEntryKind;
  readonly position: number;
  /** Bytes in the payload; 0 for `zero`. */
  readonly length: number;
  readonly digest: Uint8Array;
}

export interface LayerHeader {
  readonly diskSize: number;
  readonly base: string;
  readonly run: string;
  /** Bytes of the image file before the run. */
  readonly imageLength: number;
}

export interface LayerBatch {
  readonly seq: number;
  readonly items: readonly LayerItem[];
  /** Where the payload starts in the layer. */
  readonly payloadOffset: number;
  /** Where the next part starts. */
  readonly end: number;
}

export function alignLayer(offset: number): number {
  return Math.ceil(offset / layerAlignment) * layerAlignment;
}

export function encodeLayerHeader(header: LayerHeader, hasher: Hasher): Uint8Array {
  const bytes = new Uint8Array(layerHeaderSize);
  const view = new DataView(bytes.buffer);
  putText(bytes, 0, headerMagic);
  view.setUint32(8, grainSize, true);
  view.setBigUint64(16, BigInt(header.diskSize), true);
  view.setBigUint64(24, BigInt(header.imageLength), true);
  putText(bytes, 32, header.base);
  putText(bytes, 64, header.run);
  bytes.set(hasher.digest(bytes.subarray(0, layerHeaderSize - digestSize)), layerHeaderSize - digestSize);
  return bytes;
}

/** Throws `FormatError`. */
export function decodeLayerHeader(bytes: Uint8Array, hasher: Hasher, name: string): LayerHeader {
  const view = new ByteView(bytes, name);
  if (view.latin1(0, 8) !== headerMagic) throw view.corrupt('is not a layer');
  const body = view.slice(0, layerHeaderSize - digestSize);
  if (!equalBytes(hasher.digest(body), view.slice(layerHeaderSize - digestSize, digestSize))) {
    throw view.corrupt('digest of the header does not match', layerHeaderSize - digestSize);
  }
  if (view.u32le(8) !== grainSize) throw view.corrupt(`grains of ${view.u32le(8)} bytes`, 8);
  return { diskSize: view.u64le(16), imageLength: view.u64le(24), base: text(view, 32), run: text(view, 64) };
}

/** Head and table of a batch that starts at `offset`; the payload follows at the returned offset. */
export function encodeBatch(
  batch: { readonly seq: number; readonly run: string; readonly items: readonly LayerItem[] },
  offset: number,
  hasher: Hasher,
): { head: Uint8Array; payloadOffset: number; end: number } {
  if (batch.items.length > maximumEntries) throw new RangeError(`a batch of ${batch.items.length} entries`);
  const tableEnd = batchHeadSize + batch.items.length * entrySize;
  const payloadLength = batch.items.reduce((sum, item) => sum + item.length, 0);
  const { payloadOffset, end } = batchBounds(offset, batch.items.length, payloadLength);
  const head = new Uint8Array(payloadOffset - offset);
  const view = new DataView(head.buffer);
  putText(head, 0, batchMagic);
  view.setUint32(8, batch.seq, true);
  view.setUint32(12, batch.items.length, true);
  view.setBigUint64(16, BigInt(payloadOffset), true);
  view.setBigUint64(24, BigInt(payloadLength), true);
  putText(head, 32, batch.run);
  batch.items.forEach((item, i) => {
    const at = batchHeadSize + i * entrySize;
    view.setUint32(at, kinds.indexOf(item.kind), true);
    view.setUint32(at + 4, item.length, true);
    view.setBigUint64(at + 8, BigInt(item.position), true);
    head.set(item.digest, at + 16);
  });
  head.set(batchDigest(head, tableEnd, hasher), 64);
  return { head, payloadOffset, end };
}

/** Where the payload of a batch of so many entries starts, and where the next part does. */
export function batchBounds(
  offset: number,
  entries: number,
  payloadLength: number,
): { payloadOffset: number; end: number } {
  const payloadOffset = alignLayer(offset + batchHeadSize + entries * entrySize);
  return { payloadOffset, end: alignLayer(payloadOffset + payloadLength) };
}

/** Bytes of a sealed layer of so many grains whose last batch ends at `end`. */
export function sealedSize(end: number, grains: number): number {
  return alignLayer(end + indexHeadSize + grains * indexEntrySize) + endMarkSize;
}

/** Bytes of head and table together, read from the head; `undefined` when no batch starts here. */
export function batchTableSize(head: Uint8Array): number | undefined {
  const view = new ByteView(head, 'batch');
  if (head.length < batchHeadSize || view.latin1(0, 8) !== batchMagic) return undefined;
  const count = view.u32le(12);
  return count > maximumEntries ? undefined : batchHeadSize + count * entrySize;
}

/** `undefined` when it is not a whole batch of this run: a torn write, or the end of the layer. */
export function decodeBatch(
  bytes: Uint8Array,
  offset: number,
  expected: { readonly seq: number; readonly run: string },
  hasher: Hasher,
): LayerBatch | undefined {
  const size = batchTableSize(bytes);
  if (size === undefined || bytes.length < size) return undefined;
  const view = new ByteView(bytes, 'batch', offset);
  if (!equalBytes(batchDigest(bytes, size, hasher), view.slice(64, digestSize))) return undefined;
  if (view.u32le(8) !== expected.seq || text(view, 32) !== expected.run) return undefined;
  const items: LayerItem[] = [];
  for (let i = 0; i < view.u32le(12); i += 1) {
    const at = batchHeadSize + i * entrySize;
    const kind = kinds[view.u32le(at)];
    if (kind === undefined) return undefined;
    items.push({
      kind,
      length: view.u32le(at + 4),
      position: view.u64le(at + 8),
      digest: view.slice(at + 16, digestSize),
    });
  }
  const payloadOffset = view.u64le(16);
  return { seq: expected.seq, items, payloadOffset, end: alignLayer(payloadOffset + view.u64le(24)) };
}

/** Where each displaced grain lies in a layer, sorted by grain. Offset 0 means zeros. */
export interface LayerIndex {
  readonly grains: Uint32Array;
  readonly offsets: Float64Array;
}

export function encodeIndex(index: LayerIndex, run: string): Uint8Array {
  const bytes = new Uint8Array(indexHeadSize + index.grains.length * indexEntrySize);
  const view = new DataView(bytes.buffer);
  putText(bytes, 0, indexMagic);
  view.setUint32(8, index.grains.length, true);
  putText(bytes, 16, run);
  index.grains.forEach((grain, i) => {
    const at = indexHeadSize + i * indexEntrySize;
    view.setUint32(at, grain, true);
    view.setBigUint64(at + 8, BigInt(index.offsets[i] ?? 0), true);
  });
  return bytes;
}

/** Throws `FormatError`; the digest was compared with the end mark before. */
export function decodeIndex(bytes: Uint8Array, run: string, offset: number, name: string): LayerIndex {
  const view = new ByteView(bytes, name, offset);
  const count = view.u32le(8);
  if (view.latin1(0, 8) !== indexMagic || text(view, 16) !== run) throw view.corrupt('is not the index of this layer');
  if (bytes.length !== indexHeadSize + count * indexEntrySize) throw view.corrupt('index has a wrong length', 8);
  const grains = new Uint32Array(count);
  const offsets = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    const at = indexHeadSize + i * indexEntrySize;
    grains[i] = view.u32le(at);
    offsets[i] = view.u64le(at + 8);
    if (i > 0 && (grains[i] ?? 0) <= (grains[i - 1] ?? 0)) throw view.corrupt('index is not sorted', at);
  }
  return { grains, offsets };
}

/** The last 64 bytes of a sealed layer. */
export function encodeEndMark(indexOffset: number, index: Uint8Array, hasher: Hasher): Uint8Array {
  const bytes = new Uint8Array(endMarkSize);
  const view = new DataView(bytes.buffer);
  putText(bytes, 0, endMagic);
  view.setBigUint64(8, BigInt(indexOffset), true);
  view.setBigUint64(16, BigInt(index.length), true);
  bytes.set(hasher.digest(index), 32);
  return bytes;
}

/** `undefined` when the layer was never sealed. */
export function decodeEndMark(
  bytes: Uint8Array,
): { indexOffset: number; indexLength: number; digest: Uint8Array } | undefined {
  const view = new ByteView(bytes, 'end mark');
  if (view.latin1(0, 8) !== endMagic) return undefined;
  // The mark has no digest of its own: a number that is out of range is for the caller to notice, like any other wrong one.
  const [indexOffset, indexLength] = [Number(view.bits64le(8)), Number(view.bits64le(16))];
  return { indexOffset, indexLength, digest: view.slice(32, digestSize) };
}

/** The digest covers head and table, with its own place as zeros. */
function batchDigest(head: Uint8Array, size: number, hasher: Hasher): Uint8Array {
  const blank = head.slice(0, size);
  blank.fill(0, 64, batchHeadSize);
  return hasher.digest(blank);
}

function putText(bytes: Uint8Array, at: number, value: string): void {
  bytes.set(new TextEncoder().encode(value), at);
}

function text(view: ByteView, at: number): string {
  return view.latin1(at, 32).replace(/\0+$/u, '');
}
