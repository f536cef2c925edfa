import { FormatError } from '@sysimage/bytes';
import type { Volume } from '../volume.js';
import type { FatGeometry } from './boot-sector.js';
import { currentFats, entryReader } from './file-allocation-table.js';

/** A run of clusters, `[first, end)`. */
export interface ClusterRun {
  readonly first: number;
  readonly end: number;
}

const firstEndMark = { fat12: 0xff8, fat16: 0xfff8, fat32: 0x0ffffff8 } as const;

/**
 * The clusters of a chain in order, joined to runs. A chain longer than `maxClusters` is cut there, or refused with
 * `FormatError`; one that bites its tail has no end.
 */
export async function followChain(
  volume: Volume,
  geometry: FatGeometry,
  first: number,
  maxClusters: number,
  longer: 'cut' | 'refuse',
): Promise<readonly ClusterRun[]> {
  const [copy = 0] = currentFats(geometry);
  const entry = entryReader(volume, geometry, copy);
  const runs: ClusterRun[] = [];
  let cluster = first;
  for (let count = 0; cluster < firstEndMark[geometry.type]; count += 1) {
    if (count === maxClusters && longer === 'cut') return runs;
    if (count === maxClusters) throw new FormatError('corrupt', `FAT: more than ${maxClusters} clusters in a chain`);
    if (cluster < 2 || cluster >= geometry.clusterCount + 2) {
      throw new FormatError('corrupt', `FAT: a chain goes to cluster ${cluster} of ${geometry.clusterCount}`);
    }
    const last = runs.at(-1);
    if (last?.end === cluster) runs[runs.length - 1] = { first: last.first, end: cluster + 1 };
    else runs.push({ first: cluster, end: cluster + 1 });
    cluster = await entry(cluster);
  }
  return runs;
}
