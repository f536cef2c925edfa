import { isZero } from '@sysimage/bytes';
import type { ExtentSet } from '@sysimage/extents';
import type { OptionalContent } from '../file-system.js';
import { data } from './attribute.js';
import { findInDirectory } from './directory.js';
import { openStream, type MasterFileTable } from './master-file-table.js';
import { shadowCopies } from './shadow-copies.js';
import { streamExtents } from './stream.js';

const rootDirectory = 5;
/**
 * The front of each file is always needed: Windows decides by it whether a session or a crash dump lies in the rest, and must
 * not see what an earlier use of the disk left there.
 */
const keptSize = 64 * 1024;

interface Scratch {
  readonly name: OptionalContent['name'];
  readonly path: string;
  /** Whether files that begin like this hold nothing that anybody waits for. */
  readonly isIdle: (front: Uint8Array) => boolean;
}

const startsWith = (front: Uint8Array, ...marks: readonly string[]): boolean =>
  marks.includes(String.fromCharCode(...front.subarray(0, 4)));

const scratchFiles: readonly Scratch[] = [
  // A crash dump waits in the pagefile until the next start.
  { name: 'pagefile', path: 'pagefile.sys', isIdle: (front) => !startsWith(front, 'PAGE') },
  { name: 'swapfile', path: 'swapfile.sys', isIdle: (front) => !startsWith(front, 'PAGE') },
  { name: 'hiberfil', path: 'hiberfil.sys', isIdle: (front) => isZero(front) || startsWith(front, 'WAKE', 'wake') },
];

/** What a clean NTFS volume need not have to start Windows. What makes no sense is not offered. */
export async function ntfsOptionalContent(
  table: MasterFileTable,
  allocated: ExtentSet,
): Promise<readonly OptionalContent[]> {
  const found: OptionalContent[] = [];
  for (const { name, path, isIdle } of scratchFiles) {
    const { value: extents } = await table.volume.attempt(() => scratchExtents(table, path, isIdle));
    if (extents?.isEmpty === false) found.push({ name, extents: extents.intersect(allocated), overwrite: [] });
  }
  const { value: copies } = await table.volume.attempt(() => shadowCopies(table));
  if (copies !== undefined) found.push({ ...copies, extents: copies.extents.intersect(allocated) });
  return found;
}

async function scratchExtents(
  table: MasterFileTable,
  path: string,
  isIdle: (front: Uint8Array) => boolean,
): Promise<ExtentSet | undefined> {
  const record = await findInDirectory(table, rootDirectory, path);
  const stream = record === undefined ? undefined : await openStream(table, record, data);
  if (stream === undefined || stream.size < keptSize || !isIdle(await stream.read(0, 4096))) return undefined;
  return streamExtents(table.geometry, stream, keptSize);
}
