import { ExtentSet } from '@sysimage/extents';
import { SysimageError } from '../contract/errors.js';
import type { Target } from '../contract/target.js';
import { grainSize } from '../image/grain.js';
import type { VersionReader } from '../image/version-reader.js';
import { isSelected } from '../plan/selection.js';
import type { DiskRecord } from '../model/version-record.js';
import { Buffers } from './buffers.js';
import type { DestinationState } from './examine-destination.js';
import { InFlight } from './in-flight.js';

/** Bytes restored at once: 2 MiB. */
export const grainsPerRun = 32;
/** Runs that are worked on side by side. */
const runsAtOnce = 4;

export interface RunOfGrains {
  readonly grain: number;
  readonly count: number;
}

/** What of the version goes onto the destination: all of it, or only what lies in its volumes. */
export function wantedBytes(record: DiskRecord, state: DestinationState, reader: VersionReader): ExtentSet {
  if (state.kind !== 'same-layout') return reader.allocation;
  const selected = record.layout.volumes.filter(isSelected);
  const volumes = ExtentSet.from(selected.map(({ start, size }) => ({ start, end: start + size })));
  return reader.allocation.intersect(volumes);
}

/** The grains of a set, in runs of at most 2 MiB. */
export function* grainRuns(wanted: ExtentSet): Generator<RunOfGrains> {
  for (const run of wanted.alignOut(grainSize)) {
    const end = run.end / grainSize;
    for (let grain = run.start / grainSize; grain < end;) {
      // Runs end at multiples of 2 MiB of the disk, so that none crosses a block of an image.
      const count = Math.min(grainsPerRun - (grain % grainsPerRun), end - grain);
      yield { grain, count };
      grain += count;
    }
  }
}

/**
 * Works on several runs side by side, each with a buffer of its size whose content is left from another run. They may end in any
 * order; when this resolves or rejects, none goes on. `from`: the target that is read, if it is: where somebody may have to change
 * a disc, runs go one after the other.
 */
export async function eachRun(
  runs: Iterable<RunOfGrains>,
  { from, signal }: { readonly from?: Target; readonly signal: AbortSignal | undefined },
  work: (run: RunOfGrains, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const buffers = new Buffers(from?.facets.media === undefined ? runsAtOnce : 1, grainsPerRun * grainSize);
  const going = new InFlight();
  try {
    for (const run of runs) {
      const buffer = await buffers.take();
      assertNotCancelled(signal);
      going.start(async () => {
        try {
          await work(run, buffer.subarray(0, run.count * grainSize));
        } finally {
          buffers.give(buffer);
        }
      });
    }
  } finally {
    await going.settled();
  }
}

export function assertNotCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new SysimageError('cancelled', 'it was stopped', { remedy: 'Nothing on the target was changed.' });
}
