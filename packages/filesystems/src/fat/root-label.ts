import { ByteView } from '@sysimage/bytes';
import type { Volume } from '../volume.js';
import type { FatGeometry } from './boot-sector.js';
import { currentFats, fatEntry } from './file-allocation-table.js';

const directoryEntrySize = 32;
const volumeLabelAttribute = 0x08;
const longNameAttributes = 0x0f;
/** The label is near the front of the root directory; this many clusters of it are searched. */
const maxClusters = 64;

/** The label in the root directory, which Windows goes by; the one in the boot sector may be out of date. */
export async function rootLabel(volume: Volume, geometry: FatGeometry): Promise<string | undefined> {
  if (geometry.type !== 'fat32') {
    return (await searchLabel(volume, geometry.rootOffset, geometry.rootSize)).label;
  }
  const [copy = 0] = currentFats(geometry);
  let cluster = geometry.rootCluster;
  for (let i = 0; i < maxClusters && cluster >= 2 && cluster < geometry.clusterCount + 2; i += 1) {
    const offset = geometry.dataOffset + (cluster - 2) * geometry.clusterSize;
    const { label, isEnd } = await searchLabel(volume, offset, geometry.clusterSize);
    if (label !== undefined || isEnd) return label;
    cluster = await fatEntry(volume, geometry, copy, cluster);
  }
  return undefined;
}

async function searchLabel(
  volume: Volume,
  offset: number,
  size: number,
): Promise<{ readonly label: string | undefined; readonly isEnd: boolean }> {
  const view = new ByteView(await volume.read(offset, size), 'FAT root directory', offset);
  for (let at = 0; at + directoryEntrySize <= view.length; at += directoryEntrySize) {
    const first = view.u8(at);
    if (first === 0) return { label: undefined, isEnd: true };
    const attributes = view.u8(at + 11);
    const isLabel =
      (attributes & volumeLabelAttribute) !== 0 && (attributes & longNameAttributes) !== longNameAttributes;
    if (first !== 0xe5 && isLabel) return { label: labelText(view, at), isEnd: true };
  }
  return { label: undefined, isEnd: false };
}

/** Eleven characters padded with spaces; the code page is not recorded, so beyond ASCII it is a guess. */
export function labelText(view: ByteView, offset: number): string | undefined {
  const raw = view.latin1(offset, 11).replace(/[\0 ]+$/, '');
  // 05 stands for E5, which would mean a deleted entry.
  const text = raw.startsWith('\u0005') ? `\u00e5${raw.slice(1)}` : raw;
  return text === '' || text === 'NO NAME' ? undefined : text;
}
