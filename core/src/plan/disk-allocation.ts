import { ExtentSet, type Extent } from '@sysimage/extents';
import type { DiskLayout } from '../model/disk-layout.js';
import { isSelected } from './selection.js';

/** The head of a partition is always taken: boot sectors and signatures lie there, whatever the file system says. */
const partitionHead = 65_536;
/** The tail too: backup boot sectors and RAID metadata. */
const partitionTail = 1_048_576;
/** A gap is taken whole up to twice this; of a larger one, so much at both ends. On a dynamic disk its database may lie in one. */
const gapMargin = 1_048_576;

export interface DiskAllocation {
  /** The byte-exact map of what a version of this disk holds. */
  readonly allocated: ExtentSet;
  /** Space outside every partition that is left out. */
  readonly skippedGaps: ExtentSet;
}

/**
 * What must be in the image: tables, boot code, small gaps and the margins of large ones, all of them where partitions may lie unseen, and of every volume the blocks in
 * use (`volumeMaps`, by partition index, offsets from the start of the disk) or all of it.
 */
export function diskAllocation(
  layout: DiskLayout,
  tables: ExtentSet,
  volumeMaps: ReadonlyMap<number, ExtentSet>,
  options: { readonly gaps: boolean },
): DiskAllocation {
  const disk: Extent = { start: 0, end: layout.size };
  let allocated = tables;
  let covered = tables;
  for (const volume of layout.volumes) {
    const range = ExtentSet.of({ start: volume.start, end: volume.start + volume.size }).clip(disk.start, disk.end);
    covered = covered.union(range);
    if (!isSelected(volume)) continue;
    const map = volumeMaps.get(volume.partition);
    allocated = allocated.union(map === undefined ? range : withMargins(range, map));
  }
  const wantsGaps = options.gaps || layout.dynamic !== undefined || layout.doubtful === true;
  let skipped = ExtentSet.empty;
  for (const gap of covered.gaps(disk.start, disk.end)) {
    const middle = middleOf(gap);
    if (wantsGaps || middle === undefined) allocated = allocated.union(ExtentSet.of(gap));
    else {
      allocated = allocated.union(ExtentSet.of(gap).subtract(ExtentSet.of(middle)));
      skipped = skipped.union(ExtentSet.of(middle));
    }
  }
  return { allocated: allocated.clip(disk.start, disk.end), skippedGaps: skipped };
}

function withMargins(range: ExtentSet, map: ExtentSet): ExtentSet {
  const hull = range.hull;
  if (hull === undefined) return range;
  const margins = ExtentSet.of(
    { start: hull.start, end: Math.min(hull.start + partitionHead, hull.end) },
    { start: Math.max(hull.end - partitionTail, hull.start), end: hull.end },
  );
  return map.intersect(range).union(margins);
}

function middleOf(gap: Extent): Extent | undefined {
  if (gap.end - gap.start <= 2 * gapMargin) return undefined;
  return { start: gap.start + gapMargin, end: gap.end - gapMargin };
}
