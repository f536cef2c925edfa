import { FormatError } from '@sysimage/bytes';
import type { ExtentSet } from '@sysimage/extents';
import { AllocationMapBuilder } from '../allocation-map-builder.js';
import { pieceSize, type Volume } from '../volume.js';
import type { ExfatGeometry } from './boot-sector.js';
import { clusterOffset, followChain, type ClusterRun } from './cluster-chain.js';
import type { BitmapPlace } from './root-directory.js';

/** Boot regions and FAT, the clusters some allocation bitmap marks, and what follows the last one. */
export async function exfatAllocation(
  volume: Volume,
  geometry: ExfatGeometry,
  bitmaps: readonly BitmapPlace[],
): Promise<ExtentSet> {
  const { heapOffset, clusterSize, clusterCount } = geometry;
  if (bitmaps.length === 0 || bitmaps.length > 2) {
    throw new FormatError('corrupt', `exFAT: ${bitmaps.length} allocation bitmaps`);
  }
  const fixed = new AllocationMapBuilder(volume.size);
  fixed.add(0, heapOffset);
  fixed.add(heapOffset + clusterCount * clusterSize, volume.size);
  let allocated = fixed.build();
  const maxClusters = Math.ceil(clusterCount / 8 / clusterSize) + 1;
  for (const { cluster, size } of bitmaps) {
    if (size * 8 < clusterCount) throw new FormatError('corrupt', `exFAT: an allocation bitmap of ${size} bytes`);
    const runs = await followChain(volume, geometry, cluster, maxClusters);
    const marked = await markedBy(volume, geometry, runs);
    checkMarks(geometry, [...runs, { first: geometry.rootCluster, end: geometry.rootCluster + 1 }], marked);
    allocated = allocated.union(marked);
  }
  return allocated;
}

async function markedBy(volume: Volume, geometry: ExfatGeometry, runs: readonly ClusterRun[]): Promise<ExtentSet> {
  const { heapOffset, clusterSize, clusterCount } = geometry;
  const builder = new AllocationMapBuilder(volume.size);
  let first = 0;
  for (const run of runs) {
    const start = clusterOffset(geometry, run.first);
    const end = start + (run.end - run.first) * clusterSize;
    for (let offset = start; offset < end && first < clusterCount; offset += pieceSize) {
      const bytes = await volume.read(offset, Math.min(pieceSize, end - offset, Math.ceil((clusterCount - first) / 8)));
      const count = Math.min(bytes.length * 8, clusterCount - first);
      builder.addBits(bytes, count, heapOffset + first * clusterSize, clusterSize);
      first += count;
    }
  }
  if (first < clusterCount) throw new FormatError('corrupt', 'exFAT: the chain of an allocation bitmap is too short');
  return builder.build();
}

/** A bitmap that does not mark itself and the root directory is not to be believed about the rest. */
function checkMarks(geometry: ExfatGeometry, runs: readonly ClusterRun[], marked: ExtentSet): void {
  for (const { first, end } of runs) {
    const start = clusterOffset(geometry, first);
    if (!marked.covers(start, start + (end - first) * geometry.clusterSize)) {
      throw new FormatError('corrupt', `exFAT: cluster ${first} of a system structure is not marked`);
    }
  }
}
