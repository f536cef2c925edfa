import { ByteView, FormatError } from '@sysimage/bytes';
import { filesOf, type Files } from '../files/files.js';
import type { FileBytes } from '../files/file-tree.js';
import { pieceSize, type Volume } from '../volume.js';
import { readFatBootSector, type FatGeometry } from './boot-sector.js';
import { followChain, type ClusterRun } from './cluster-chain.js';
import { directoryEntries, type FatNode } from './directory.js';

/** The specification has directories end here. */
const maxDirectorySize = 2 * 1024 * 1024;

/** Opens the files of a FAT volume; `undefined` when it is none. */
export async function openFatFiles(volume: Volume, head: ByteView): Promise<Files | undefined> {
  const geometry = readFatBootSector(head);
  if (geometry === undefined) return undefined;
  return filesOf<FatNode>({
    root: { kind: 'directory', cluster: geometry.rootCluster, size: 0 },
    children: async function* (directory) {
      yield* directoryEntries(await directoryBytes(volume, geometry, directory));
    },
    isSameName: (a, b) => a.toUpperCase() === b.toUpperCase(),
    describe: async ({ kind, size }) => ({ kind, size }),
    async open({ cluster, size }) {
      const clusters = Math.ceil(size / geometry.clusterSize);
      const runs = size === 0 ? [] : await followChain(volume, geometry, cluster, clusters, 'cut');
      return runBytes(volume, geometry, runs, size);
    },
  });
}

/** Cluster 0 stands for the root directory, which has a place of its own before FAT32. */
async function directoryBytes(volume: Volume, geometry: FatGeometry, { cluster }: FatNode): Promise<ByteView> {
  const { rootOffset, rootSize, rootCluster, clusterSize } = geometry;
  if (cluster === 0 && rootSize > 0) return new ByteView(await volume.read(rootOffset, rootSize), 'FAT directory');
  const first = cluster === 0 ? rootCluster : cluster;
  const runs = await followChain(volume, geometry, first, Math.ceil(maxDirectorySize / clusterSize), 'refuse');
  const size = runs.reduce((sum, run) => sum + run.end - run.first, 0) * clusterSize;
  return new ByteView(await runBytes(volume, geometry, runs, size).read(0, size), 'FAT directory');
}

function runBytes(
  volume: Volume,
  { clusterSize, dataOffset }: FatGeometry,
  runs: readonly ClusterRun[],
  size: number,
): FileBytes {
  return {
    size,
    async read(offset, length) {
      if (length > pieceSize) throw new FormatError('unsupported', `FAT: ${length} bytes at once`);
      const bytes = new Uint8Array(length);
      let [runStart, done] = [0, 0];
      for (const { first, end } of runs) {
        const runEnd = runStart + (end - first) * clusterSize;
        const inside = offset + done - runStart;
        const step = Math.min(length - done, runEnd - offset - done);
        if (step > 0) {
          bytes.set(await volume.read(dataOffset + (first - 2) * clusterSize + inside, step), done);
          done += step;
        }
        if (done === length) return bytes;
        runStart = runEnd;
      }
      if (done < length) throw new FormatError('corrupt', `FAT: a chain ends before byte ${offset + length}`);
      return bytes;
    },
  };
}
