import type { Hasher } from '../contract/services.js';
import type { CallOptions, RandomFile, Target } from '../contract/target.js';
import { equalBytes } from './grain.js';
import { readBatches, type Layer } from './layer-reader.js';
import type { ImageFormat } from './image-format.js';
import type { LayerPiece } from './layer-writer.js';
import { readerOf, readRange } from './object-io.js';

/** An image file as it was before a run: its length, and header and footer; the rest of it reads as zeros here. */
export interface BeforeImage {
  readonly size: number;
  readonly parts: readonly { readonly position: number; readonly bytes: Uint8Array }[];
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
}

/** What batch 0 of an open layer has of the image; `undefined` when that batch is not whole. */
export async function beforeImage(
  target: Target,
  layer: Pick<Layer, 'name' | 'header'>,
  hasher: Hasher,
  options?: CallOptions,
): Promise<BeforeImage | undefined> {
  const stat = await target.stat(layer.name, options);
  if (stat === undefined) return undefined;
  const size = layer.header.imageLength;
  for await (const batch of readBatches(target, layer.name, stat.size, layer.header, hasher, options)) {
    const parts: { position: number; bytes: Uint8Array }[] = [];
    let at = batch.payloadOffset;
    let end = 0;
    for (const item of batch.items) {
      const bytes = await readRange(target, layer.name, at, at + item.length, options);
      if (item.kind !== 'file' || !equalBytes(hasher.digest(bytes), item.digest)) return undefined;
      if (item.position < end || item.position + bytes.length > size) return undefined;
      parts.push({ position: item.position, bytes });
      at += item.length;
      end = item.position + item.length;
    }
    if (parts[0]?.position !== 0) return undefined;
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const window = new Uint8Array(length);
      for (const { position, bytes } of parts) overlay(window, offset, bytes, position);
      return window;
    };
    return { size, parts, read };
  }
  return undefined;
}

/** Copies the part of `bytes` (which lies at `at`) that falls into the window (which lies at `offset`). */
function overlay(window: Uint8Array, offset: number, bytes: Uint8Array, at: number): void {
  const start = Math.max(offset, at);
  const end = Math.min(offset + window.length, at + bytes.length);
  if (start < end) window.set(bytes.subarray(start - at, end - at), start - offset);
}

/** Header and footer of an image file that a version committed, as batch 0 of a layer holds them. */
export async function beforeImagePieces(
  file: RandomFile,
  { headerSize, footerSize }: Pick<ImageFormat, 'headerSize' | 'footerSize'>,
  hasher: Hasher,
): Promise<readonly LayerPiece[]> {
  const length = await file.size();
  const pieces: LayerPiece[] = [];
  for (const [position, size] of [
    [0, headerSize],
    [length - footerSize, footerSize],
  ] as const) {
    if (size === 0) continue;
    const bytes = await readerOf(file)(position, size);
    pieces.push({ kind: 'file', position, bytes, digest: hasher.digest(bytes) });
  }
  return pieces;
}
