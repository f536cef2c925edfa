import { FormatError } from '@sysimage/bytes';
import { pieceSize, type Volume } from '../volume.js';
import type { FatGeometry } from './boot-sector.js';

const bitsOf = { fat12: 12, fat16: 16, fat32: 32 } as const;

/** The copies to go by, from 0: the active one, or all when they mirror each other. */
export function currentFats({ activeFat, fatCount }: FatGeometry): readonly number[] {
  if (activeFat === undefined) return Array.from({ length: fatCount }, (_, copy) => copy);
  if (activeFat >= fatCount)
    throw new FormatError('corrupt', `FAT: copy ${activeFat} is active, there are ${fatCount}`);
  return [activeFat];
}

/** The value of one entry, without the four reserved bits of FAT32. */
export async function fatEntry(volume: Volume, geometry: FatGeometry, copy: number, cluster: number): Promise<number> {
  const entries = await readEntries(volume, geometry, copy, cluster - (cluster % 2), 2);
  return entries(cluster);
}

/** Entries at a time; even, so that a FAT12 window begins on a byte. */
const windowEntries = 1024;

/** Like `fatEntry`, for many entries of one copy: neighbours come from one read. */
export function entryReader(volume: Volume, geometry: FatGeometry, copy: number): (cluster: number) => Promise<number> {
  let window = -1;
  let entries: (cluster: number) => number = () => 0;
  return async (cluster) => {
    const wanted = Math.floor(cluster / windowEntries);
    if (wanted !== window) {
      const first = wanted * windowEntries;
      const count = Math.min(windowEntries, geometry.clusterCount + 2 - first);
      entries = await readEntries(volume, geometry, copy, first, count);
      window = wanted;
    }
    return entries(cluster);
  };
}

/** Calls `visit` with each cluster that some entry of the table says is in use, in order. */
export async function visitUsedClusters(
  volume: Volume,
  geometry: FatGeometry,
  copy: number,
  visit: (first: number, end: number) => void,
): Promise<void> {
  const lastEntry = geometry.clusterCount + 1;
  // Even, so that a FAT12 piece begins on a byte.
  const perPiece = pieceSize / 4;
  let runStart = -1;
  for (let first = 0; first <= lastEntry; first += perPiece) {
    const count = Math.min(perPiece, lastEntry + 1 - first);
    const entry = await readEntries(volume, geometry, copy, first, count);
    for (let cluster = Math.max(first, 2); cluster < first + count; cluster += 1) {
      const isUsed = entry(cluster) !== 0;
      if (isUsed && runStart < 0) runStart = cluster;
      else if (!isUsed && runStart >= 0) {
        visit(runStart, cluster);
        runStart = -1;
      }
    }
  }
  if (runStart >= 0) visit(runStart, lastEntry + 1);
}

/** Entries `first` (even) to `first + count`, as a function of the cluster number. */
async function readEntries(
  volume: Volume,
  geometry: FatGeometry,
  copy: number,
  first: number,
  count: number,
): Promise<(cluster: number) => number> {
  const bits = bitsOf[geometry.type];
  const start = (first * bits) / 8;
  const length = Math.ceil((count * bits) / 8);
  if (start + length > geometry.fatSize)
    throw new FormatError('corrupt', `FAT: no entry for cluster ${first + count - 1}`);
  const bytes = await volume.read(geometry.fatOffset + copy * geometry.fatSize + start, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (geometry.type) {
    case 'fat32':
      return (cluster) => view.getUint32((cluster - first) * 4, true) & 0x0fffffff;
    case 'fat16':
      return (cluster) => view.getUint16((cluster - first) * 2, true);
    case 'fat12':
      return (cluster) => {
        const pair = Math.floor(((cluster - first) * 3) / 2);
        const low = bytes[pair] ?? 0;
        const high = bytes[pair + 1] ?? 0;
        return cluster % 2 === 0 ? low | ((high & 0x0f) << 8) : (low >>> 4) | (high << 4);
      };
  }
}
