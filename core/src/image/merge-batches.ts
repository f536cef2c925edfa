import { grainSize } from './grain.js';
import type { MergedIndex } from './merged-index.js';

/** Grains of a batch: 4 MiB. */
const grainsPerBatch = 64;
/** Grains read at once: 1 MiB. */
export const grainsPerRead = 16;
const zerosPerBatch = 65_536;

/** Grains that lie one after the other, on the disk and in one of the layers that are merged. */
export interface SourceRun {
  /** Number of the layer. */
  readonly source: number;
  /** In the layer, bytes. */
  readonly offset: number;
  readonly grain: number;
  readonly count: number;
}

/** What each batch of data of a merged layer holds. */
export function* dataBatches(index: MergedIndex): Generator<readonly SourceRun[]> {
  let batch: SourceRun[] = [];
  let count = 0;
  for (const run of dataRuns(index)) {
    if (count + run.count > grainsPerBatch) {
      yield batch;
      [batch, count] = [[], 0];
    }
    batch.push(run);
    count += run.count;
  }
  if (count > 0) yield batch;
}

/** The grains of zeros that each batch behind those holds. */
export function* zeroBatches({ grains, offsets }: MergedIndex): Generator<readonly number[]> {
  let batch: number[] = [];
  for (const [i, grain] of grains.entries()) {
    if (offsets[i] !== 0) continue;
    batch.push(grain);
    if (batch.length < zerosPerBatch) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function* dataRuns({ grains, offsets, sources }: MergedIndex): Generator<SourceRun> {
  let run: SourceRun | undefined;
  for (const [i, grain] of grains.entries()) {
    const [offset = 0, source = 0] = [offsets[i], sources[i]];
    if (offset === 0) continue;
    if (run !== undefined && goesOn(run, { source, offset, grain })) run = { ...run, count: run.count + 1 };
    else {
      if (run !== undefined) yield run;
      run = { source, offset, grain, count: 1 };
    }
  }
  if (run !== undefined) yield run;
}

function goesOn(run: SourceRun, next: Omit<SourceRun, 'count'>): boolean {
  return (
    run.count < grainsPerRead &&
    run.source === next.source &&
    run.grain + run.count === next.grain &&
    run.offset + run.count * grainSize === next.offset
  );
}
