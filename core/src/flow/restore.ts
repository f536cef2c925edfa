import { isFormatError } from '@sysimage/bytes';
import { ExtentSet } from '@sysimage/extents';
import { moveBackupGpt } from '@sysimage/partition-table';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { DiskDestination } from '../contract/source.js';
import type { Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import { grainSize } from '../image/grain.js';
import type { CopyTo } from '../image/read-digests.js';
import { VersionReader } from '../image/version-reader.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import type { EngineServices, Report } from './engine.js';
import { examineDestination, type DestinationState } from './examine-destination.js';
import { eachRun, grainRuns, grainsPerRun, wantedBytes, type RunOfGrains } from './restore-runs.js';
import { verifyDisk, type Written } from './verify-destination.js';

export interface RestoreRequest {
  readonly target: Target;
  readonly catalog: Catalog;
  readonly version: VersionRecord;
  /** Index of a disk in the version → where to write it. */
  readonly disks: ReadonlyMap<number, string>;
  /** Write disks whose layout differs from the recorded one: everything on them is lost. */
  readonly recreateDisks: boolean;
  /** Read new files back, too: disks always are. */
  readonly verify?: boolean;
  /** Asked once for each disk on which something is; `false` stops the restore. */
  readonly confirm: (question: DestructionQuestion) => Promise<boolean>;
  readonly signal?: AbortSignal;
}

export interface DestructionQuestion {
  readonly path: string;
  readonly disk: DiskRecord;
  readonly state: DestinationState;
}

export interface RestoredDisk {
  readonly index: number;
  readonly path: string;
  readonly kind: 'device' | 'file';
  /** `whole`: table and all; `volumes`: only what lies in the recorded partitions. */
  readonly wrote: 'whole' | 'volumes';
  readonly bytes: number;
  /** What was written was read again, from the medium where the system allows it, and compared. */
  readonly readBack: boolean;
}

/**
 * Puts the disks of a version back. All destinations are opened and examined, and all questions asked, before the first byte is
 * written. Every grain's digest is checked on the way, and what was written to a disk is read back.
 */
export async function restore(
  request: RestoreRequest,
  services: EngineServices,
  report: Report,
): Promise<readonly RestoredDisk[]> {
  const opened: { record: DiskRecord; destination: DiskDestination; state: DestinationState; reader: VersionReader }[] =
    [];
  let complete = false;
  try {
    for (const [index, path] of request.disks) {
      const record = request.version.disks.find((disk) => disk.index === index);
      if (record === undefined) throw noSuchDisk(request.version, index);
      services.hasher.expect?.(record.allocatedBytes);
      // The version is opened first: a destination must not be made for what cannot be read.
      const reader = await VersionReader.open(
        request.target,
        request.catalog,
        request.version,
        record,
        services.hasher,
      );
      const destination = await services.disks.openDestination(path, record.layout.size);
      const state: DestinationState = { kind: 'fresh' };
      opened.push({ record, destination, state, reader });
      const examined = await examineDestination(record, destination, request);
      opened[opened.length - 1] = { record, destination, state: examined, reader };
      if (examined.kind === 'fresh' || examined.kind === 'blank') continue;
      if (!(await request.confirm({ path, disk: record, state: examined }))) {
        throw new SysimageError('cancelled', `nothing was written to ${path}`, { operation: 'restore' });
      }
    }
    for (const { record, state, reader } of opened) await checkVersion(record, state, reader, request, report);
    const restored: RestoredDisk[] = [];
    for (const { record, destination, state, reader } of opened) {
      const written = { record, destination, reader, wanted: wantedBytes(record, state, reader) };
      await writeDisk(written, state, request, report).catch((error: unknown) => {
        throw destination.fresh ? error : incomplete(error, destination);
      });
      // A new file lies with many others on a medium that somebody else looks after.
      const readBack = !destination.fresh || request.verify === true;
      if (readBack) {
        await destination.forget();
        await verifyDisk(written, services, request.signal, report);
      }
      if (state.kind !== 'same-layout') await finishTable(record, destination);
      await destination.flush();
      restored.push({
        index: record.index,
        path: destination.path,
        kind: destination.kind,
        wrote: state.kind === 'same-layout' ? 'volumes' : 'whole',
        bytes: written.wanted.size,
        readBack,
      });
    }
    complete = true;
    return restored;
  } finally {
    for (const { destination, reader } of opened) {
      await destination.close({ discard: !complete });
      await reader.close();
    }
  }
}

/** Where something is to be overwritten, every grain is read and checked before the first one is. */
async function checkVersion(
  record: DiskRecord,
  state: DestinationState,
  reader: VersionReader,
  { target, signal }: RestoreRequest,
  report: Report,
): Promise<void> {
  if (state.kind === 'fresh' || state.kind === 'blank') return;
  const wanted = wantedBytes(record, state, reader);
  report({ event: 'phase', phase: 'check', disk: record.index, total: wanted.size });
  let done = 0;
  await eachRun(grainRuns(wanted), { from: target, signal }, async ({ grain }, bytes) => {
    await reader.read(grain, bytes);
    const start = grain * grainSize;
    for (const range of wanted.within(start, start + bytes.length)) done += range.end - range.start;
    report({ event: 'progress', phase: 'check', disk: record.index, done, total: wanted.size });
  });
}

function incomplete(error: unknown, { path }: DiskDestination): unknown {
  if (!isSysimageError(error)) return error;
  const { code, retry, operation, context, remedy, message } = error;
  return new SysimageError(code, `${message}; ${path} is only partly restored now`, {
    retry,
    ...(operation === undefined ? {} : { operation }),
    context,
    remedy: remedy ?? 'Run the restore again.',
    cause: error,
  });
}

async function writeDisk(
  written: Written,
  state: DestinationState,
  { target, signal }: RestoreRequest,
  report: Report,
): Promise<void> {
  const { record, destination, reader, wanted } = written;
  if (state.kind === 'different') await wipe(destination, state.signatures);
  const total = wanted.size;
  report({ event: 'phase', phase: 'restore', disk: record.index, total });
  let done = 0;
  const put = async (run: RunOfGrains, bytes: Uint8Array): Promise<void> => {
    const { grain, count } = run;
    const start = grain * grainSize;
    const here = wanted.clip(start, start + bytes.length);
    const copied = await reader.read(grain, bytes, copyTo(destination, here, start));
    // On a new file zeros are there already, and stay holes.
    const holes = destination.fresh ? await zeroGrains(reader, grain, count) : ExtentSet.empty;
    for (const part of here.shift(-start).subtract(copied).subtract(holes.shift(-start)))
      await destination.write(start + part.start, bytes.subarray(part.start, part.end));
    done += here.size;
    report({ event: 'progress', phase: 'restore', disk: record.index, done, total });
  };
  // The table goes last: a disk whose restore was cut must not look like one with the recorded layout.
  const head = wanted.clip(0, grainsPerRun * grainSize);
  await eachRun(grainRuns(wanted.subtract(head)), { from: target, signal }, put);
  await destination.flush();
  await eachRun(grainRuns(head), { from: target, signal }, put);
  await destination.flush();
}

/** Only what is removed again when it is not right may be written unchecked. */
function copyTo({ fresh, lend, size }: DiskDestination, wanted: ExtentSet, start: number): CopyTo | undefined {
  if (!fresh || lend === undefined || (wanted.hull?.end ?? 0) > size) return undefined;
  return { lend, offset: start, parts: [...wanted.shift(-start)] };
}

async function zeroGrains(reader: VersionReader, grain: number, count: number): Promise<ExtentSet> {
  const zeros = [];
  for (let i = 0; i < count; i += 1) {
    const { kind } = await reader.digestOf(grain + i);
    if (kind !== 'data') zeros.push({ start: (grain + i) * grainSize, end: (grain + i + 1) * grainSize });
  }
  return ExtentSet.from(zeros);
}

/** Old signatures must not outlive a new table: some system would find them and mount what is no longer there. */
async function wipe(destination: DiskDestination, signatures: ExtentSet): Promise<void> {
  const zeros = new Uint8Array(1024 * 1024);
  for (const run of signatures.clip(0, destination.size)) {
    for (let at = run.start; at < run.end; at += zeros.length) {
      await destination.write(at, zeros.subarray(0, Math.min(zeros.length, run.end - at)));
    }
  }
}

/** On a larger disk the backup GPT belongs at the new end. */
async function finishTable(record: DiskRecord, destination: DiskDestination): Promise<void> {
  if (record.layout.scheme !== 'gpt' || destination.size <= record.layout.size) return;
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length);
    await destination.read(offset, bytes);
    return bytes;
  };
  const { sectorSize, size } = record.layout;
  const newSize = Math.floor(destination.size / sectorSize) * sectorSize;
  try {
    for (const write of await moveBackupGpt(read, { size, sectorSize }, newSize)) {
      await destination.write(write.offset, write.bytes);
    }
  } catch (error) {
    if (!isFormatError(error)) throw error;
    throw new SysimageError(
      'corrupt',
      `the partition table of the version cannot be moved to the end of ${destination.path}: ${error.message}`,
      {
        operation: 'restore',
        cause: error,
      },
    );
  }
}

function noSuchDisk(version: VersionRecord, index: number): SysimageError {
  const there = version.disks.map((disk) => `${disk.index} (${disk.path})`).join(', ');
  return new SysimageError('invalid', `version ${version.id} has no disk ${index}`, {
    operation: 'restore',
    remedy: `It holds: ${there}`,
  });
}
