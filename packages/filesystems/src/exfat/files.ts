import { FormatError, type ByteView } from '@sysimage/bytes';
import { filesOf, type Files } from '../files/files.js';
import type { FileBytes } from '../files/file-tree.js';
import type { Volume } from '../volume.js';
import { isExfat, readExfatBootSector, type ExfatGeometry } from './boot-sector.js';
import { clusterOffset, type ClusterRun } from './cluster-chain.js';
import { namedNodes, rootNode, runsOf, type ExfatNode } from './directory.js';

/** Opens the files of an exFAT volume; `undefined` when it is none. */
export async function openExfatFiles(volume: Volume, head: ByteView): Promise<Files | undefined> {
  if (!isExfat(head)) return undefined;
  const geometry = readExfatBootSector(head);
  return filesOf<ExfatNode>({
    root: rootNode(geometry),
    children: (directory) => namedNodes(volume, geometry, directory),
    isSameName: (a, b) => a.toUpperCase() === b.toUpperCase(),
    describe: async ({ kind, size }) => ({ kind, size }),
    open: async (node) => runBytes(volume, geometry, await runsOf(volume, geometry, node), node),
  });
}

function runBytes(
  volume: Volume,
  geometry: ExfatGeometry,
  runs: readonly ClusterRun[],
  { size, written }: ExfatNode,
): FileBytes {
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      const stop = Math.min(offset + length, written);
      let [at, runStart] = [offset, 0];
      for (const { first, end } of runs) {
        const runEnd = runStart + (end - first) * geometry.clusterSize;
        const step = Math.min(stop, runEnd) - at;
        if (step > 0) {
          bytes.set(await volume.read(clusterOffset(geometry, first) + at - runStart, step), at - offset);
          at += step;
        }
        if (at >= stop) return bytes;
        runStart = runEnd;
      }
      if (at < stop) throw new FormatError('corrupt', `exFAT: a chain ends before byte ${stop}`);
      return bytes;
    },
  };
}
