import type { Hasher } from '../contract/services.js';
import type { Target } from '../contract/target.js';
import { grainSize, grainsPerShard, shardCount, shardSize } from '../image/grain.js';
import type { InPlaceImage } from '../image/in-place-image.js';
import type { MapShard } from '../image/map-shard.js';
import { isNeeded } from '../image/needed.js';
import { readShard } from '../image/read-map.js';
import type { DiskRecord } from '../model/version-record.js';
import type { CanonicalReader } from './canonical-reader.js';

export interface FreeBlocksOf {
  readonly target: Target;
  /** An image that is as its base recorded it. */
  readonly image: Pick<InPlaceImage, 'format' | 'hasSlot'>;
  /** The disk in the newest version of the image: its maps tell who needs what. */
  readonly base: DiskRecord;
  /** Id of the oldest version that must stay readable. */
  readonly oldest: string | undefined;
  /** What the run takes. */
  readonly reader: Pick<CanonicalReader, 'hasRuns'>;
}

/**
 * Finds blocks of a disk whose slots in the image are free for certain: no version needs a byte of them, and the run takes nothing there. Maps
 * are read as far as somebody asks, and only where a block may be free.
 */
export async function* findFreeBlocks(
  { target, image, base, oldest, reader }: FreeBlocksOf,
  hasher: Hasher,
): AsyncGenerator<number> {
  const { blockSize, diskSize } = image.format;
  for (let index = 0; index < shardCount(diskSize); index += 1) {
    const unused: number[] = [];
    // A block that the end of the disk cuts is left alone: behind it there are no grains that a layer could speak of.
    const end = Math.min(diskSize, (index + 1) * shardSize);
    for (let start = index * shardSize; start + blockSize <= end; start += blockSize) {
      const block = start / blockSize;
      if (image.hasSlot(block) && !reader.hasRuns(start, start + blockSize)) unused.push(block);
    }
    if (unused.length === 0) continue;
    const map = await readShard(target, base, index, hasher);
    const grains = blockSize / grainSize;
    for (const block of unused)
      if (map === undefined || !holdsNeeded(map, (block * grains) % grainsPerShard, grains, oldest)) yield block;
  }
}

/** Zeros need no bytes. */
function holdsNeeded(map: MapShard, first: number, count: number, oldest: string | undefined): boolean {
  for (let grain = first; grain < first + count; grain += 1)
    if (map.kind(grain) === 'data' && isNeeded(map, grain, oldest)) return true;
  return false;
}
