import { ExtentSet, ExtentSetBuilder, type Extent } from '@sysimage/extents';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { DirectRead } from '../contract/direct-read.js';
import type { DiskSource } from '../contract/source.js';
import { grainSize } from '../image/grain.js';
import { blankIn, readDigests, type Copied, type CopyTo, type DigestHasher } from '../image/read-digests.js';
import { Buffers } from './buffers.js';

/** Bytes read at once. */
const runSize = 32 * grainSize;
/** Runs that are being read while one is worked on. */
const runsAhead = 3;
/** Runs that are being read, are worked on, or wait for the writes of their bytes. */
const runsAtOnce = 8;
/** Unit in which a run that cannot be read is tried again. */
const retryUnit = 4096;

/** Consecutive grains and their canonical bytes. */
export interface GrainRun {
  readonly grain: number;
  readonly bytes: Uint8Array;
  /** Of each grain, one after the other. */
  readonly digests: Uint8Array;
  /** What of them was written where they were to be copied; absent when they were not to be. */
  readonly copied?: Copied;
  /** Must be called, once, when the bytes are not needed any more: only so many runs are there at once. */
  readonly release: () => void;
}

export type PlaceOf = (grain: number, length: number) => CopyTo | undefined;

/**
 * Reads a disk as canonical grains: the bytes of the source, with zeros wherever the allocation map has nothing. What the medium
 * cannot read becomes zeros too, and is remembered.
 */
export class CanonicalReader {
  readonly #source: DiskSource;
  readonly #allocated: ExtentSet;
  readonly #grains: ExtentSet;
  readonly #unreadable = new ExtentSetBuilder();
  readonly #signal: AbortSignal | undefined;
  readonly #buffers = new Buffers(runsAtOnce, runSize);

  constructor(source: DiskSource, allocated: ExtentSet, signal?: AbortSignal) {
    this.#source = source;
    this.#allocated = allocated;
    this.#grains = allocated.alignOut(grainSize);
    this.#signal = signal;
  }

  /** Bytes of all grains that hold anything of the map. */
  get size(): number {
    return this.#grains.size;
  }

  get unreadable(): ExtentSet {
    return this.#unreadable.build();
  }

  /** True when `runs` has any for this range. */
  hasRuns(start: number, end: number): boolean {
    return this.#grains.touches(start, end);
  }

  /**
   * The grains in use inside `[start, end)` (multiples of the grain), in order; the next runs are read and hashed while one is
   * worked on. `placeOf`: where grains, so many bytes of them, may be copied as soon as they are read.
   */
  async *runs(
    start: number,
    end: number,
    hasher: DigestHasher,
    placeOf: PlaceOf = () => undefined,
  ): AsyncGenerator<GrainRun> {
    const ahead: Promise<GrainRun>[] = [];
    try {
      for (const range of this.#ranges(start, end)) {
        const buffer = await this.#buffers.take();
        const next = this.#readRun(range, buffer, hasher, placeOf);
        // Its failure is heard when its turn comes; until then nobody awaits it.
        next.catch(() => undefined);
        ahead.push(next);
        if (ahead.length > runsAhead) yield* first(ahead);
      }
      while (ahead.length > 0) yield* first(ahead);
    } finally {
      // Whoever stops early may close the disk at once.
      for (const run of await Promise.allSettled(ahead)) if (run.status === 'fulfilled') run.value.release();
    }
  }

  /** Fills `into` with the canonical bytes from `start` on (a multiple of the grain). */
  async read(start: number, into: Uint8Array): Promise<void> {
    const range = { start, end: start + into.length };
    await this.#read(range, into);
    for (const blank of blankIn(this.#allocated, range)) into.fill(0, blank.start, blank.end);
  }

  *#ranges(start: number, end: number): Generator<Extent> {
    for (const run of this.#grains.within(start, end)) {
      // Runs end at multiples of their size, so that none crosses a block of an image.
      for (let at = run.start; at < run.end;) {
        const end = Math.min(at - (at % runSize) + runSize, run.end);
        yield { start: at, end };
        at = end;
      }
    }
  }

  async #readRun(range: Extent, buffer: Uint8Array, hasher: DigestHasher, placeOf: PlaceOf): Promise<GrainRun> {
    const bytes = buffer.subarray(0, range.end - range.start);
    const release = (): void => this.#buffers.give(buffer);
    try {
      const blank = blankIn(this.#allocated, range);
      const grain = range.start / grainSize;
      const copy = placeOf(grain, bytes.length);
      const { digests, copied } = await readDigests(hasher, {
        into: bytes,
        blank,
        ...(copy === undefined ? {} : { copy }),
        read: (direct) => this.#read(range, bytes, direct),
      });
      return { grain, bytes, digests, release, ...(copy === undefined ? {} : { copied }) };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** What does not lie in the map may become anything. */
  async #read(range: Extent, into: Uint8Array, direct?: DirectRead): Promise<'as-read' | 'changed'> {
    if (this.#signal?.aborted === true) {
      throw new SysimageError('cancelled', 'the backup was stopped', {
        remedy: 'Every complete version is as it was.',
      });
    }
    const length = Math.max(0, Math.min(range.end, this.#source.size) - range.start);
    const onDisk = into.subarray(0, length);
    try {
      if (length > 0) await this.#source.read(range.start, onDisk, length === into.length ? direct : undefined);
      return 'as-read';
    } catch (error) {
      if (!isSysimageError(error, 'corrupt')) throw error;
      await this.#readAround(range.start, onDisk);
      return 'changed';
    }
  }

  /** A disk that was unplugged fails everywhere: that is no bad sector, and no version. */
  async #assertThere(): Promise<void> {
    const { path, size, sectorSize } = this.#source;
    const last = Math.max(0, Math.floor(size / sectorSize) - 1);
    let cause: unknown;
    for (const sector of new Set([0, Math.floor(last / 2), last])) {
      try {
        await this.#source.read(sector * sectorSize, new Uint8Array(Math.min(sectorSize, size)));
        return;
      } catch (error) {
        cause = error;
      }
    }
    throw new SysimageError('unavailable', `${path} cannot be read any more`, { operation: 'read', cause });
  }

  async #readAround(start: number, into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length; at += retryUnit) {
      const part = into.subarray(at, Math.min(at + retryUnit, into.length));
      try {
        await this.#source.read(start + at, part);
      } catch (error) {
        if (!isSysimageError(error, 'corrupt')) throw error;
        part.fill(0);
        await this.#assertThere();
        // What no version would hold anyway is no loss.
        for (const lost of this.#allocated.within(start + at, start + at + part.length)) {
          this.#unreadable.add(lost.start, lost.end);
        }
      }
    }
  }
}

async function* first(runs: Promise<GrainRun>[]): AsyncGenerator<GrainRun> {
  const run = runs.shift();
  if (run !== undefined) yield await run;
}
