import { FormatError, type ReadAt } from '@sysimage/bytes';
import { flattenPatches } from './flatten-patches.js';
import { hasLog, type Header } from './header.js';
import { vhdxUnit } from './layout.js';
import { logSectorSize, patchesOf, readLogEntry, type LogEntry, type LogPatch } from './log-entry.js';

/** No known program makes larger logs; one MiB is usual. */
const largestLog = 32 * 1024 * 1024;
const mostPatches = 2 ** 17;

/** What a file would be after its log was replayed. */
export interface LogReplay {
  /** In order of their place, none over another. */
  readonly patches: readonly LogPatch[];
  readonly fileSize: number;
}

/** Reads the log of a file that was not closed in order; `undefined` when there is nothing to do. Throws `FormatError`. */
export async function readLog(read: ReadAt, header: Header, fileSize: number): Promise<LogReplay | undefined> {
  if (!hasLog(header)) return undefined;
  const { logOffset, logSize, logId } = header;
  if (logSize === 0 || logOffset < vhdxUnit || logOffset + logSize > fileSize) {
    throw new FormatError('corrupt', `VHDX log: none lies at ${logOffset}, ${logSize} bytes long`, {
      offset: logOffset,
    });
  }
  if (logSize > largestLog) throw new FormatError('unsupported', `a VHDX log of ${logSize} bytes`);
  const log = await read(logOffset, logSize);
  const ring = new Uint8Array(logSize * 2);
  ring.set(log, 0);
  ring.set(log, logSize);
  const entries = activeSequence(ring, logId);
  const newest = entries.at(-1);
  if (newest === undefined) {
    throw new FormatError('corrupt', 'VHDX log: the file was not closed in order, and its log is broken', {
      offset: logOffset,
    });
  }
  if (newest.flushedFileSize > fileSize) {
    throw new FormatError('corrupt', `VHDX log: the file had ${newest.flushedFileSize} bytes and has ${fileSize}`, {
      offset: logOffset,
    });
  }
  const count = entries.reduce((sum, entry) => sum + entry.descriptorCount, 0);
  if (count > mostPatches) throw new FormatError('unsupported', `a VHDX log of ${count} changes`);
  const patches = entries.flatMap(patchesOf);
  if (patches.some(({ end }) => end > newest.lastFileSize)) {
    throw new FormatError('corrupt', 'VHDX log: a change behind the end of the file', { offset: logOffset });
  }
  return { patches: flattenPatches(patches), fileSize: Math.max(fileSize, newest.lastFileSize) };
}

/** The newest run of entries with rising numbers whose last names one of them as its tail ([MS-VHDX] 2.3.2). */
function activeSequence(ring: Uint8Array, logId: Uint8Array): readonly LogEntry[] {
  const logSize = ring.length / 2;
  let active: readonly LogEntry[] = [];
  for (let offset = 0; offset < logSize;) {
    const run: LogEntry[] = [];
    let next = offset;
    for (;;) {
      const entry = readLogEntry(ring, next % logSize, logId);
      const before = run.at(-1);
      if (entry === undefined || (before !== undefined && entry.sequenceNumber !== before.sequenceNumber + 1n)) break;
      run.push(entry);
      next += entry.size;
    }
    const newest = run.at(-1);
    const first = run.findIndex((entry) => entry.offset === newest?.tail);
    if (newest !== undefined && first !== -1 && newest.sequenceNumber > (active.at(-1)?.sequenceNumber ?? 0n)) {
      active = run.slice(first);
    }
    offset = newest === undefined ? offset + logSectorSize : next;
  }
  return active;
}

/** The file as it would be after `replay`. */
export function replayed(read: ReadAt, fileSize: number, replay: LogReplay | undefined): ReadAt {
  if (replay === undefined) return read;
  return async (offset, length) => {
    const bytes = new Uint8Array(length);
    const there = Math.min(length, Math.max(fileSize - offset, 0));
    if (there > 0) bytes.set(await read(offset, there));
    for (const patch of replay.patches) {
      const start = Math.max(patch.start, offset);
      const end = Math.min(patch.end, offset + length);
      if (patch.start >= offset + length) break;
      if (start >= end) continue;
      if (patch.bytes === undefined) bytes.fill(0, start - offset, end - offset);
      else bytes.set(patch.bytes.subarray(start - patch.start, end - patch.start), start - offset);
    }
    return bytes;
  };
}
