import { ExtentSet } from '@sysimage/extents';
import { SysimageError } from '../contract/errors.js';
import { grainSize } from '../image/grain.js';
import type { VersionReader } from '../image/version-reader.js';
import { isSelected } from '../plan/selection.js';
import type { DiskRecord } from '../model/version-record.js';
import type { DestinationState } from './examine-destination.js';

/** Bytes restored at once: 1 MiB. */
export const grainsPerRun = 16;

/** What of the version goes onto the destination: all of it, or only what lies in its volumes. */
export function wantedBytes(record: DiskRecord, state: DestinationState, reader: VersionReader): ExtentSet {
  if (state.kind !== 'same-layout') return reader.allocation;
  const selected = record.layout.volumes.filter(isSelected);
  const volumes = ExtentSet.from(selected.map(({ start, size }) => ({ start, end: start + size })));
  return reader.allocation.intersect(volumes);
}

/** The grains of a set, in runs of at most 1 MiB. */
export function* grainRuns(wanted: ExtentSet): Generator<{ grain: number; count: number }> {
  for (const run of wanted.alignOut(grainSize)) {
    const end = run.end / grainSize;
    for (let grain = run.start / grainSize; grain < end;) {
      // Runs end at whole MiB of the disk, so that none crosses a block of an image.
      const count = Math.min(grainsPerRun - (grain % grainsPerRun), end - grain);
      yield { grain, count };
      grain += count;
    }
  }
}

export function assertNotCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new SysimageError('cancelled', 'it was stopped', { remedy: 'Nothing on the target was changed.' });
}
