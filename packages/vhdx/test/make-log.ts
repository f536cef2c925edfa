import { crc32c } from '../src/crc32c.js';
import { encodeHeader, headerOffsets, type VhdxPiece } from '../src/index.js';
import { logOffset, logSize } from '../src/layout.js';
import { identity } from './make-vhdx.js';

export const logId = Uint8Array.from({ length: 16 }, (_, index) => 0x70 + index);

/** A change of one entry: 4096 bytes, or zeros of a length. */
export type LogChange = { readonly at: number } & ({ readonly bytes: Uint8Array } | { readonly zeros: number });

export interface MadeEntry {
  readonly sequenceNumber: number;
  /** Offset in the log of the oldest entry that counts. */
  readonly tail: number;
  readonly changes: readonly LogChange[];
  readonly fileSize: number;
  readonly flushedSize?: number;
}

/** One entry of a log ([MS-VHDX] 2.3.1). */
export function encodeLogEntry({ sequenceNumber, tail, changes, fileSize, flushedSize }: MadeEntry): Uint8Array {
  const data = changes.filter((change) => 'bytes' in change);
  const dataStart = Math.ceil((64 + changes.length * 32) / 4096) * 4096;
  const entry = new Uint8Array(dataStart + data.length * 4096);
  const view = new DataView(entry.buffer);
  entry.set(Buffer.from('loge'));
  view.setUint32(8, entry.length, true);
  view.setUint32(12, tail, true);
  view.setBigUint64(16, BigInt(sequenceNumber), true);
  view.setUint32(24, changes.length, true);
  entry.set(logId, 32);
  view.setBigUint64(48, BigInt(flushedSize ?? fileSize), true);
  view.setBigUint64(56, BigInt(fileSize), true);
  let at = dataStart;
  changes.forEach((change, index) => {
    const descriptor = 64 + index * 32;
    view.setBigUint64(descriptor + 16, BigInt(change.at), true);
    view.setBigUint64(descriptor + 24, BigInt(sequenceNumber), true);
    if ('zeros' in change) {
      entry.set(Buffer.from('zero'), descriptor);
      view.setBigUint64(descriptor + 8, BigInt(change.zeros), true);
      return;
    }
    entry.set(Buffer.from('desc'), descriptor);
    entry.set(change.bytes.subarray(4092, 4096), descriptor + 4);
    entry.set(change.bytes.subarray(0, 8), descriptor + 8);
    entry.set(Buffer.from('data'), at);
    entry.set(change.bytes.subarray(8, 4092), at + 8);
    view.setUint32(at + 4, Math.floor(sequenceNumber / 2 ** 32), true);
    view.setUint32(at + 4092, sequenceNumber >>> 0, true);
    at += 4096;
  });
  view.setUint32(4, crc32c(entry, 4), true);
  return entry;
}

/** Headers that name a log, and its entries at offsets in it, around the end of the ring where need be. */
export function logPieces(entries: readonly (readonly [number, Uint8Array])[]): readonly VhdxPiece[] {
  const header = encodeHeader(identity);
  header.set(logId, 48);
  new DataView(header.buffer).setUint32(4, crc32c(header, 4), true);
  return [
    ...headerOffsets.map((offset) => ({ offset, bytes: header })),
    ...entries.flatMap(([offset, bytes]) => {
      const there = Math.min(bytes.length, logSize - offset);
      return [
        { offset: logOffset + offset, bytes: bytes.subarray(0, there) },
        { offset: logOffset, bytes: bytes.subarray(there) },
      ];
    }),
  ];
}
