import { isFormatError } from '@sysimage/bytes';
import { ExtentSet } from '@sysimage/extents';
import { moveBackupGpt } from '@sysimage/partition-table';
import { SysimageError } from '../contract/errors.js';
import type { DiskDestination } from '../contract/source.js';
import type { Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import { digestSize, equalBytes, grainSize } from '../image/grain.js';
import { VersionReader } from '../image/version-reader.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import type { EngineServices, Report } from './engine.js';
import { examineDestination, type DestinationState } from './examine-destination.js';

export interface RestoreRequest {
  readonly target: Target;
  readonly catalog: Catalog;
  readonly version: VersionRecord;
  /** Index of a disk in the version → where to write it. */
  readonly disks: ReadonlyMap<number, string>;
  /** Write disks whose layout differs from the recorded one: everything on them is lost. */
  readonly recreateDisks: boolean;
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
  /** `whole`: table and all; `volumes`: only what lies in the recorded partitions. */
  readonly wrote: 'whole' | 'volumes';
  readonly bytes: number;
}

/** Bytes restored at once: 1 MiB. */
const grainsPerRun = 16;

/**
 * Puts the disks of a version back. All destinations are opened and examined, and all questions asked, before the first byte is
 * written. Every grain's digest is checked on the way, and what was written is read back.
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
    const restored: RestoredDisk[] = [];
    for (const { record, destination, state, reader } of opened) {
      const bytes = await writeDisk(record, destination, state, reader, request.signal, report);
      await verifyDisk(record, destination, state, reader, services, request.signal, report);
      if (state.kind !== 'same-layout') await finishTable(record, destination);
      await destination.flush();
      restored.push({
        index: record.index,
        path: destination.path,
        wrote: state.kind === 'same-layout' ? 'volumes' : 'whole',
        bytes,
      });
    }
    complete = true;
    return restored;
  } finally {
    for (const { destination } of opened) await destination.close({ discard: !complete });
  }
}

async function writeDisk(
  record: DiskRecord,
  destination: DiskDestination,
  state: DestinationState,
  reader: VersionReader,
  signal: AbortSignal | undefined,
  report: Report,
): Promise<number> {
  const wanted = wantedBytes(record, state, reader);
  if (state.kind === 'different') await wipe(destination, state.signatures);
  const total = wanted.size;
  report({ event: 'phase', phase: 'restore', disk: record.index, total });
  let done = 0;
  for (const { grain, count } of grainRuns(wanted)) {
    assertNotCancelled(signal);
    const bytes = new Uint8Array(count * grainSize);
    const start = grain * grainSize;
    await reader.read(grain, bytes);
    const zeros = await zeroGrains(reader, grain, count);
    for (const range of wanted.within(start, start + bytes.length)) {
      done += range.end - range.start;
      // On a new file zeros are there already, and stay holes.
      const parts = destination.fresh ? ExtentSet.of(range).subtract(zeros) : [range];
      for (const part of parts)
        await destination.write(part.start, bytes.subarray(part.start - start, part.end - start));
    }
    report({ event: 'progress', phase: 'restore', disk: record.index, done, total });
  }
  await destination.flush();
  return total;
}

/** Reads back what was written and compares it with the digests of the version. */
async function verifyDisk(
  record: DiskRecord,
  destination: DiskDestination,
  state: DestinationState,
  reader: VersionReader,
  { hasher }: EngineServices,
  signal: AbortSignal | undefined,
  report: Report,
): Promise<void> {
  const wanted = wantedBytes(record, state, reader);
  const total = wanted.size;
  let done = 0;
  report({ event: 'phase', phase: 'verify', disk: record.index, total });
  const zero = hasher.digest(new Uint8Array(grainSize));
  for (const { grain, count } of grainRuns(wanted)) {
    assertNotCancelled(signal);
    const start = grain * grainSize;
    const bytes = new Uint8Array(count * grainSize);
    await destination.read(start, bytes.subarray(0, Math.min(bytes.length, record.layout.size - start)));
    for (const gap of reader.allocation.gaps(start, start + bytes.length))
      bytes.fill(0, gap.start - start, gap.end - start);
    const digests = await hasher.digestEach(bytes, grainSize);
    for (let i = 0; i < count; i += 1) {
      const at = start + i * grainSize;
      // A grain that is shared with what was not written has no digest of its own here.
      const whole = ExtentSet.from(reader.allocation.within(at, at + grainSize)).subtract(wanted).isEmpty;
      const { kind, digest } = await reader.digestOf(grain + i);
      const found = digests.subarray(i * digestSize, (i + 1) * digestSize);
      if (whole && !equalBytes(found, kind === 'data' ? digest : zero)) {
        throw new SysimageError('corrupt', `${destination.path} does not hold what was written at byte ${at}`, {
          operation: 'restore',
          context: { disk: destination.path, offset: at },
          remedy: 'The disk may be failing: restore to another one.',
        });
      }
    }
    for (const range of wanted.within(start, start + bytes.length)) done += range.end - range.start;
    report({ event: 'progress', phase: 'verify', disk: record.index, done, total });
  }
}

/** What of the version goes onto the destination: all of it, or only what lies in its volumes. */
function wantedBytes(record: DiskRecord, state: DestinationState, reader: VersionReader): ExtentSet {
  if (state.kind !== 'same-layout') return reader.allocation;
  const volumes = ExtentSet.from(record.layout.volumes.map(({ start, size }) => ({ start, end: start + size })));
  return reader.allocation.intersect(volumes);
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

function* grainRuns(wanted: ExtentSet): Generator<{ grain: number; count: number }> {
  for (const run of wanted.alignOut(grainSize)) {
    const end = run.end / grainSize;
    for (let grain = run.start / grainSize; grain < end; grain += grainsPerRun) {
      yield { grain, count: Math.min(grainsPerRun, end - grain) };
    }
  }
}

function assertNotCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new SysimageError('cancelled', 'cancelled', { operation: 'restore' });
}

function noSuchDisk(version: VersionRecord, index: number): SysimageError {
  const there = version.disks.map((disk) => `${disk.index} (${disk.path})`).join(', ');
  return new SysimageError('invalid', `version ${version.id} has no disk ${index}`, {
    operation: 'restore',
    remedy: `It holds: ${there}`,
  });
}
