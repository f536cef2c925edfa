import { ExtentSet, ExtentSetBuilder } from '@sysimage/extents';
import { blockDataOffset, type Vhd } from './read-vhd.js';

/** The bytes of the disk that have a place in the file; all others read as zeros. */
export function allocatedExtents(vhd: Vhd): ExtentSet {
  if (vhd.type === 'fixed') return ExtentSet.of({ start: 0, end: vhd.diskSize });
  const builder = new ExtentSetBuilder();
  for (let block = 0; block < vhd.table.length; block += 1) {
    const start = block * vhd.blockSize;
    if (blockDataOffset(vhd, block) !== undefined) builder.add(start, Math.min(start + vhd.blockSize, vhd.diskSize));
  }
  return builder.build();
}
