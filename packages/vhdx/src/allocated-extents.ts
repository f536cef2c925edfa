import { ExtentSet, ExtentSetBuilder } from '@sysimage/extents';
import { unallocatedEntry } from './layout.js';
import type { Vhdx } from './read-vhdx.js';

/** The bytes of the disk that have a place in the file, whole blocks; all others read as zeros or as the parent. */
export function allocatedExtents(vhdx: Vhdx): ExtentSet {
  const builder = new ExtentSetBuilder();
  vhdx.table.forEach((entry, block) => {
    const start = block * vhdx.blockSize;
    if (entry !== unallocatedEntry) builder.add(start, Math.min(start + vhdx.blockSize, vhdx.diskSize));
  });
  return builder.build();
}
