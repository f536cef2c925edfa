import { utf16Field } from '../text.js';
import type { Volume } from '../volume.js';
import type { ExfatGeometry } from './boot-sector.js';
import { rawEntries, rootNode } from './directory.js';

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
  for await (const entry of rawEntries(volume, geometry, rootNode(geometry))) {
    const type = entry.u8(0);
    if (type === 0x81) bitmaps.push({ cluster: entry.u32le(20), size: entry.u64le(24) });
    if (type === 0x83) label = utf16Field(entry, 2, Math.min(entry.u8(1), 11)) || undefined;
  }
  return { label, bitmaps };
}
