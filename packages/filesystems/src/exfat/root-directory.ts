import { ByteView } from '@sysimage/bytes';
import { utf16Field } from '../text.js';
import { pieceSize, type Volume } from '../volume.js';
import type { ExfatGeometry } from './boot-sector.js';
import { clusterOffset, followChain } from './cluster-chain.js';

const entrySize = 32;
/** A directory in more pieces than this is no directory of anybody's. */
const maxDirectoryClusters = 64 * 1024;

/** An allocation bitmap as the root directory points to it. */
export interface BitmapPlace {
  readonly cluster: number;
  readonly size: number;
}

/** What the root directory says about the volume itself. */
export interface RootDirectory {
  readonly label: string | undefined;
  /** Two with TexFAT. */
  readonly bitmaps: readonly BitmapPlace[];
}

/** Reads the root directory up to its end mark. */
export async function readRootDirectory(volume: Volume, geometry: ExfatGeometry): Promise<RootDirectory> {
  let label: string | undefined;
  const bitmaps: BitmapPlace[] = [];
  for await (const entry of directoryEntries(volume, geometry, geometry.rootCluster)) {
    const type = entry.u8(0);
    if (type === 0x81) bitmaps.push({ cluster: entry.u32le(20), size: entry.u64le(24) });
    if (type === 0x83) label = utf16Field(entry, 2, Math.min(entry.u8(1), 11)) || undefined;
  }
  return { label, bitmaps };
}

/** All entries of 32 bytes of the directory whose chain begins at `first`, up to the end mark. */
async function* directoryEntries(volume: Volume, geometry: ExfatGeometry, first: number): AsyncGenerator<ByteView> {
  const runs = await followChain(volume, geometry, first, maxDirectoryClusters);
  for (const run of runs) {
    const start = clusterOffset(geometry, run.first);
    const end = start + (run.end - run.first) * geometry.clusterSize;
    for (let offset = start; offset < end; offset += pieceSize) {
      const view = new ByteView(
        await volume.read(offset, Math.min(pieceSize, end - offset)),
        'exFAT directory',
        offset,
      );
      for (let at = 0; at < view.length; at += entrySize) {
        if (view.u8(at) === 0) return;
        yield view.view(at, entrySize);
      }
    }
  }
}
