import { FormatError } from '@sysimage/bytes';
import type { ExtentSet } from '@sysimage/extents';
import { AllocationMapBuilder } from '../allocation-map-builder.js';
import type { Volume } from '../volume.js';
import { freeRuns, readFreeSpaceHeader } from './free-space.js';
import type { XfsSuperblock } from './superblock.js';

/** Four headers of a sector each begin every group. */
const headersPerGroup = 4;

/** Everything that is not in a group's tree of free space. The few blocks each group keeps for its trees are among it. */
export async function xfsAllocation(volume: Volume, superblock: XfsSuperblock): Promise<ExtentSet> {
  const { blockSize, sectorSize, groupBlocks, groupCount, logOffset, logSize } = superblock;
  const builder = new AllocationMapBuilder(volume.size);
  const groupOffsets: number[] = [];
  let usedFrom = 0;
  for (let group = 0; group < groupCount; group += 1) {
    const groupOffset = group * groupBlocks * blockSize;
    groupOffsets.push(groupOffset);
    const header = await readFreeSpaceHeader(volume, superblock, group);
    for await (const { start, count } of freeRuns(volume, superblock, header)) {
      builder.add(usedFrom, groupOffset + start * blockSize);
      usedFrom = groupOffset + (start + count) * blockSize;
    }
  }
  builder.add(usedFrom, volume.size);
  const allocated = builder.build();
  const headersSize = sectorSize * headersPerGroup;
  const holdsHeaders = groupOffsets.every((offset) => allocated.covers(offset, offset + headersSize));
  if (!holdsHeaders || !allocated.covers(logOffset, logOffset + logSize)) {
    throw new FormatError('corrupt', 'XFS: what it says is free holds its own structures');
  }
  return allocated;
}
