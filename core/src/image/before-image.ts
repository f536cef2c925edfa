import { vhdSectorSize } from '@sysimage/vhd';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import { equalBytes } from './grain.js';
import { readBatches, type Layer } from './layer-reader.js';
import { readRange } from './object-io.js';

/** Header region and footer of the image as batch 0 of an open layer has them; `undefined` when that batch is not whole. */
export async function beforeImage(
  target: Target,
  layer: Pick<Layer, 'name' | 'header'>,
  hasher: Hasher,
  options?: CallOptions,
): Promise<
  | {
      size: number;
      header: Uint8Array;
      footer: Uint8Array;
      read: (offset: number, length: number) => Promise<Uint8Array>;
    }
  | undefined
> {
  const stat = await target.stat(layer.name, options);
  if (stat === undefined) return undefined;
  const size = layer.header.imageLength;
  for await (const batch of readBatches(target, layer.name, stat.size, layer.header, hasher, options)) {
    const parts: Uint8Array[] = [];
    let at = batch.payloadOffset;
    for (const item of batch.items) {
      const bytes = await readRange(target, layer.name, at, at + item.length, options);
      if (item.kind !== 'file' || !equalBytes(hasher.digest(bytes), item.digest)) return undefined;
      parts.push(bytes);
      at += item.length;
    }
    const [header, footer] = parts;
    if (header === undefined || footer?.length !== vhdSectorSize || size < header.length + footer.length)
      return undefined;
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(length);
      overlay(bytes, offset, header, 0);
      overlay(bytes, offset, footer, size - footer.length);
      return bytes;
    };
    return { size, header, footer, read };
  }
  return undefined;
}

/** Copies the part of `bytes` (which lies at `at`) that falls into the window (which lies at `offset`). */
function overlay(window: Uint8Array, offset: number, bytes: Uint8Array, at: number): void {
  const start = Math.max(offset, at);
  const end = Math.min(offset + window.length, at + bytes.length);
  if (start < end) window.set(bytes.subarray(start - at, end - at), start - offset);
}
