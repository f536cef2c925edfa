import type { ExtentSet } from '@sysimage/extents';
import { SysimageError } from '../contract/errors.js';
import type { DirectRead } from '../contract/direct-read.js';
import type { Hasher } from '../contract/services.js';
import type { DiskDestination } from '../contract/source.js';
import { digestSize, equalBytes, grainSize } from '../image/grain.js';
import { blankIn, readDigests } from '../image/read-digests.js';
import type { VersionReader } from '../image/version-reader.js';
import type { DiskRecord } from '../model/version-record.js';
import type { EngineServices, Report } from './engine.js';
import { eachRun, grainRuns, type RunOfGrains } from './restore-runs.js';

/** What of a disk was written, and by which version it is judged. */
export interface Written {
  readonly record: DiskRecord;
  readonly destination: DiskDestination;
  readonly reader: VersionReader;
  readonly wanted: ExtentSet;
}

/** Reads back what was written and compares it with the digests of the version. */
export async function verifyDisk(
  written: Written,
  { hasher }: EngineServices,
  signal: AbortSignal | undefined,
  report: Report,
): Promise<void> {
  const { record, wanted } = written;
  const check = checkOfRuns(written, hasher);
  const total = wanted.size;
  let done = 0;
  report({ event: 'phase', phase: 'verify', disk: record.index, total });
  await eachRun(grainRuns(wanted), { signal }, async (run, bytes) => {
    await check(run, bytes);
    const start = run.grain * grainSize;
    for (const range of wanted.within(start, start + bytes.length)) done += range.end - range.start;
    report({ event: 'progress', phase: 'verify', disk: record.index, done, total });
  });
}

/**
 * Makes what reads one run back, into the bytes that it is given, and compares it. Errors: `corrupt`, naming the destination and the
 * byte.
 */
function checkOfRuns(
  { record, destination, reader, wanted }: Written,
  hasher: Hasher,
): (run: RunOfGrains, bytes: Uint8Array) => Promise<void> {
  const zero = hasher.digest(new Uint8Array(grainSize));
  return async ({ grain, count }, bytes) => {
    const start = grain * grainSize;
    const onDisk = Math.min(bytes.length, record.layout.size - start);
    const blank = blankIn(reader.allocation, { start, end: start + bytes.length });
    const read = async (direct?: DirectRead): Promise<'as-read'> => {
      await destination.read(start, bytes.subarray(0, onDisk), onDisk === bytes.length ? direct : undefined);
      return 'as-read';
    };
    const { digests } = await readDigests(hasher, { into: bytes, blank, read });
    for (let i = 0; i < count; i += 1) {
      const at = start + i * grainSize;
      // A grain that is shared with what was not written has no digest of its own here.
      const parts = [...reader.allocation.within(at, at + grainSize)];
      const whole = parts.every((part) => wanted.covers(part.start, part.end));
      const { kind, digest } = await reader.digestOf(grain + i);
      const found = digests.subarray(i * digestSize, (i + 1) * digestSize);
      const same = whole
        ? equalBytes(found, kind === 'data' ? digest : zero)
        : await sharedGrainIsSame(reader, grain + i, bytes.subarray(i * grainSize, (i + 1) * grainSize), wanted);
      if (!same) {
        throw new SysimageError('corrupt', `${destination.path} does not hold what was written at byte ${at}`, {
          operation: 'restore',
          context: { disk: destination.path, offset: at },
          remedy: 'The disk may be failing: restore to another one.',
        });
      }
    }
  };
}

/** Of a grain that is shared with what was not written, the bytes that were. */
async function sharedGrainIsSame(
  reader: VersionReader,
  grain: number,
  found: Uint8Array,
  wanted: ExtentSet,
): Promise<boolean> {
  const expected = new Uint8Array(grainSize);
  await reader.read(grain, expected);
  const at = grain * grainSize;
  return [...wanted.within(at, at + grainSize)].every(({ start, end }) =>
    equalBytes(found.subarray(start - at, end - at), expected.subarray(start - at, end - at)),
  );
}
