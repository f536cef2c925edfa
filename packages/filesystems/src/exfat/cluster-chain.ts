import { ByteView, FormatError } from '@sysimage/bytes';
import type { Volume } from '../volume.js';
import type { ExfatGeometry } from './boot-sector.js';

/** A run of clusters, `[first, end)`. */
export interface ClusterRun {
  readonly first: number;
  readonly end: number;
}

/** Where a cluster begins. Throws `FormatError` when there is no such cluster. */
export function clusterOffset({ heapOffset, clusterSize, clusterCount }: ExfatGeometry, cluster: number): number {
  if (cluster < 2 || cluster >= clusterCount + 2) {
    throw new FormatError('corrupt', `exFAT: cluster ${cluster} of ${clusterCount}`);
  }
  return heapOffset + (cluster - 2) * clusterSize;
}

const endOfChain = 0xffffffff;
const windowSize = 4096;

/**
 * The clusters of a chain in order, joined to runs. Throws `FormatError` when there are more than `maxClusters`: a chain that
 * bites its tail has no end.
 */
export async function followChain(
  volume: Volume,
  geometry: ExfatGeometry,
  first: number,
  maxClusters: number,
): Promise<readonly ClusterRun[]> {
  const runs: ClusterRun[] = [];
  const entry = tableReader(volume, geometry);
  let cluster = first;
  for (let count = 0; cluster !== endOfChain; count += 1) {
    if (count === maxClusters) throw new FormatError('corrupt', `exFAT: more than ${maxClusters} clusters in a chain`);
    clusterOffset(geometry, cluster);
    const last = runs.at(-1);
    if (last?.end === cluster) runs[runs.length - 1] = { first: last.first, end: cluster + 1 };
    else runs.push({ first: cluster, end: cluster + 1 });
    cluster = await entry(cluster);
  }
  return runs;
}

/** Reads entries of the active FAT; neighbours come from one read. */
function tableReader(volume: Volume, geometry: ExfatGeometry): (cluster: number) => Promise<number> {
  const { fatOffset, fatSize, activeFat } = geometry;
  let window = { start: 0, view: new ByteView(new Uint8Array(0), 'exFAT table') };
  return async (cluster) => {
    const at = cluster * 4;
    if (at < window.start || at + 4 > window.start + window.view.length) {
      const start = Math.floor(at / windowSize) * windowSize;
      const offset = fatOffset + activeFat * fatSize + start;
      const bytes = await volume.read(offset, Math.min(windowSize, fatSize - start));
      window = { start, view: new ByteView(bytes, 'exFAT table', offset) };
    }
    return window.view.u32le(at - window.start);
  };
}
