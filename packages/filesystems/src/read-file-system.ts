import { ByteView, type ReadAt } from '@sysimage/bytes';
import { readBtrfs } from './btrfs/read-btrfs.js';
import { readExfat } from './exfat/read-exfat.js';
import { readExt } from './ext/read-ext.js';
import { readFat } from './fat/read-fat.js';
import type { FileSystem } from './file-system.js';
import { readNtfs } from './ntfs/read-ntfs.js';
import { findSignatures } from './signatures.js';
import { readSwap } from './swap/read-swap.js';
import { openVolume, type Volume } from './volume.js';
import { readXfs } from './xfs/read-xfs.js';

/** Nearly every signature known here lies in the first 72 KiB (Btrfs and ReiserFS at 64 KiB). */
const headSize = 128 * 1024;
const readers = [readNtfs, readFat, readExfat, readExt, readXfs, readBtrfs, readSwap];

/**
 * Says what lies on a volume and which of its bytes are in use. `undefined`: nothing known was found.
 *
 * Never rejects for what the volume holds: a structure that makes no sense leaves `allocated` undefined and
 * `noMapReason` says so. Rejections of `read` pass through. It reads at most 4 MiB at a time. `map: false`: without `allocated`, and
 * little is read whatever the size of the volume.
 */
export async function readFileSystem(
  read: ReadAt,
  { size, map = true }: { readonly size: number; readonly sectorSize?: number; readonly map?: boolean },
): Promise<FileSystem | undefined> {
  if (size < 512) return undefined;
  const volume = openVolume(read, size, map);
  const head = new ByteView(await volume.read(0, Math.min(headSize, size)), 'volume');
  const signatures = await findSignatures(volume, head);
  // What wraps other volumes comes first: the file system one sees through it is not to be touched.
  const container = signatures.find(({ wraps }) => wraps);
  if (container !== undefined) return container.found;

  const byMark = (isWeak: boolean) => signatures.filter((it) => it.isWeak === isWeak).map((it) => it.found);
  const strong = [...(await readerFindings(volume, head)), ...byMark(false)];
  const found = strong.length > 0 ? strong : byMark(true);
  const [first, second] = found;
  if (first === undefined || second === undefined) return first;
  // A leftover of a former file system, or a trap: a map that may be the wrong one is not worth the risk.
  return {
    ...first,
    state: 'unknown',
    stateReason: undefined,
    allocated: undefined,
    optional: [],
    noMapReason: `there are also marks of ${found
      .slice(1)
      .map(({ type }) => type)
      .join(', ')}`,
  };
}

async function readerFindings(volume: Volume, head: ByteView): Promise<readonly FileSystem[]> {
  const found: FileSystem[] = [];
  for (const reader of readers) {
    // A reader that cannot even make out the fields it identifies by has not found its file system.
    const { value } = await volume.attempt(() => reader(volume, head));
    if (value !== undefined) found.push(value);
  }
  return found;
}
