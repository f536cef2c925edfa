import { ByteView } from '@sysimage/bytes';
import { crc32c } from './crc32c.js';

/** Logs are written and searched in pieces of this size. */
export const logSectorSize = 4096;
const headerSize = 64;
const descriptorSize = 32;

/** Bytes that a log puts over the file: 4096 of them, or `undefined` for zeros. */
export interface LogPatch {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array | undefined;
}

/** One entry of a log ([MS-VHDX] 2.3.1). */
export interface LogEntry {
  /** Offset in the log. */
  readonly offset: number;
  readonly size: number;
  /** Offset in the log of the oldest entry that still counts. */
  readonly tail: number;
  readonly sequenceNumber: bigint;
  /** The file was at least this long when the entry was written. */
  readonly flushedFileSize: number;
  /** The file is at least this long when all is done. */
  readonly lastFileSize: number;
  readonly descriptorCount: number;
  /** The whole entry. */
  readonly view: ByteView;
}

/**
 * The entry at `offset` of a log; `undefined` when there is none that is whole. `ring`: the log twice, one behind the other,
 * because entries go on at its start. Sectors are looked at before they are summed up: no sector can be in two entries that
 * look right, so that a log made to be slow is not.
 */
export function readLogEntry(ring: Uint8Array, offset: number, logId: Uint8Array): LogEntry | undefined {
  const logSize = ring.length / 2;
  const first = new ByteView(ring.subarray(offset, offset + logSectorSize), 'VHDX log entry');
  if (first.latin1(0, 4) !== 'loge') return undefined;
  if (logId.some((byte, index) => byte !== first.u8(32 + index))) return undefined;
  const size = first.u32le(8);
  const tail = first.u32le(12);
  const descriptorCount = first.u32le(24);
  const [flushed, last] = [first.bits64le(48), first.bits64le(56)];
  const largest = BigInt(Number.MAX_SAFE_INTEGER);
  if (size === 0 || size % logSectorSize !== 0 || size > logSize || flushed > largest || last > largest) {
    return undefined;
  }
  if (tail % logSectorSize !== 0 || tail >= logSize || descriptorCount * descriptorSize > size) return undefined;
  const entry: LogEntry = {
    offset,
    size,
    tail,
    sequenceNumber: first.bits64le(16),
    flushedFileSize: Number(flushed),
    lastFileSize: Number(last),
    descriptorCount,
    view: new ByteView(ring.subarray(offset, offset + size), 'VHDX log entry'),
  };
  if (entry.sequenceNumber === 0n || !isWhole(entry)) return undefined;
  return first.u32le(4) === crc32c(entry.view.bytes, 4) ? entry : undefined;
}

/** What the entry puts over the file, in order. Only for entries of `readLogEntry`. */
export function patchesOf(entry: LogEntry): readonly LogPatch[] {
  const { view } = entry;
  let data = dataOffset(entry);
  return Array.from({ length: entry.descriptorCount }, (_, index): LogPatch => {
    const at = headerSize + index * descriptorSize;
    const start = view.u64le(at + 16);
    if (start % logSectorSize !== 0) throw view.corrupt(`a change at ${start}`, at + 16);
    if (view.latin1(at, 4) === 'zero') {
      const end = start + view.u64le(at + 8);
      if (!Number.isSafeInteger(end) || end % logSectorSize !== 0) throw view.corrupt(`zeros up to ${end}`, at + 8);
      return { start, end, bytes: undefined };
    }
    // The first eight and the last four bytes of a sector of data make room for its marks and are kept here.
    const bytes = new Uint8Array(logSectorSize);
    bytes.set(view.slice(at + 8, 8), 0);
    bytes.set(view.slice(data + 8, logSectorSize - 12), 8);
    bytes.set(view.slice(at + 4, 4), logSectorSize - 4);
    data += logSectorSize;
    return { start, end: start + logSectorSize, bytes };
  });
}

/** Descriptors and sectors of data are what they should be, and belong to this entry. */
function isWhole(entry: LogEntry): boolean {
  const { view, sequenceNumber } = entry;
  let data = dataOffset(entry);
  if (data > entry.size) return false;
  for (let at = headerSize; at < headerSize + entry.descriptorCount * descriptorSize; at += descriptorSize) {
    const kind = view.latin1(at, 4);
    if ((kind !== 'zero' && kind !== 'desc') || view.bits64le(at + 24) !== sequenceNumber) return false;
    if (kind === 'zero') continue;
    if (data + logSectorSize > entry.size || view.latin1(data, 4) !== 'data') return false;
    const number = (BigInt(view.u32le(data + 4)) << 32n) | BigInt(view.u32le(data + logSectorSize - 4));
    if (number !== sequenceNumber) return false;
    data += logSectorSize;
  }
  return data === entry.size;
}

function dataOffset({ descriptorCount }: LogEntry): number {
  return Math.ceil((headerSize + descriptorCount * descriptorSize) / logSectorSize) * logSectorSize;
}
