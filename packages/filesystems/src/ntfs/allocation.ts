import { FormatError } from '@sysimage/bytes';
import type { ExtentSet } from '@sysimage/extents';
import { AllocationMapBuilder } from '../allocation-map-builder.js';
import { pieceSize } from '../volume.js';
import { data } from './attribute.js';
import { openStream, type MasterFileTable } from './master-file-table.js';

const bitmapRecord = 6;
/** $Boot takes the first 8 KiB, and its cluster the whole of it. */
const bootSize = 8192;

/** The clusters $Bitmap marks, the boot area, and all that follows the last cluster (the copy of the boot sector is there). */
export async function ntfsAllocation(table: MasterFileTable): Promise<ExtentSet> {
  const { volume, geometry } = table;
  const { clusterSize, clusterCount } = geometry;
  const bitmap = await openStream(table, bitmapRecord, data);
  if (bitmap === undefined) throw new FormatError('corrupt', 'NTFS $Bitmap: has no data');
  // It may be longer than the volume needs, never shorter.
  if (bitmap.size * 8 < clusterCount) throw new FormatError('corrupt', `NTFS $Bitmap: only ${bitmap.size} bytes`);
  if (bitmap.runs.some(({ cluster }) => cluster === undefined)) {
    throw new FormatError('corrupt', 'NTFS $Bitmap: has holes');
  }
  const builder = new AllocationMapBuilder(volume.size);
  for (let first = 0; first < clusterCount; first += pieceSize * 8) {
    const count = Math.min(pieceSize * 8, clusterCount - first);
    const bytes = await bitmap.read(first / 8, Math.ceil(count / 8));
    builder.addBits(bytes, count, first * clusterSize, clusterSize);
  }
  const marked = builder.build();
  checkMarks(table, bitmap.runs, marked);
  const fixed = new AllocationMapBuilder(volume.size);
  fixed.add(0, bootSize);
  fixed.add(clusterCount * clusterSize, volume.size);
  return marked.union(fixed.build());
}

/** A bitmap that does not mark the tables themselves is not to be believed about the rest. */
function checkMarks(
  { geometry, stream }: MasterFileTable,
  bitmapRuns: MasterFileTable['stream']['runs'],
  marked: ExtentSet,
): void {
  const { clusterSize, mftMirrorOffset } = geometry;
  for (const { cluster, count } of [...stream.runs, ...bitmapRuns]) {
    if (cluster === undefined) continue;
    if (!marked.covers(cluster * clusterSize, (cluster + count) * clusterSize)) {
      throw new FormatError('corrupt', `NTFS $Bitmap: cluster ${cluster} of a system file is not marked`);
    }
  }
  if (!marked.has(0) || !marked.has(mftMirrorOffset)) {
    throw new FormatError('corrupt', 'NTFS $Bitmap: $Boot or $MFTMirr is not marked');
  }
}
