import type { ExtentSet } from '@sysimage/extents';
import {
  encodeFooter,
  encodeHeaderRegion,
  fileSize,
  fullBitmap,
  slotBitmapOffset,
  slotDataOffset,
  slotTableEntry,
  unallocatedEntry,
  vhdBlockSize,
  vhdSectorSize,
  type VhdIdentity,
  type VhdLayout,
} from '@sysimage/vhd';
import type { Hasher } from '../contract/services.js';
import { headerDigest } from './in-place-image.js';

/** Bytes handed on at once. */
const chunkSize = 1024 * 1024;

/** Where every block of a VHD that is written as a stream lies: known from the allocation map alone, before a byte is read. */
export interface SequentialPlan {
  readonly layout: VhdLayout;
  readonly size: number;
  /** Numbers of the blocks that are there, in order. */
  readonly blocks: readonly number[];
  readonly header: Uint8Array;
  readonly footer: Uint8Array;
  readonly headerDigest: string;
}

export function planSequentialImage(
  layout: VhdLayout,
  allocated: ExtentSet,
  identity: VhdIdentity,
  hasher: Hasher,
): SequentialPlan {
  const table = new Uint32Array(layout.blockCount).fill(unallocatedEntry);
  const blocks: number[] = [];
  for (const run of allocated.alignOut(vhdBlockSize)) {
    for (let block = run.start / vhdBlockSize; block < run.end / vhdBlockSize; block += 1) {
      table[block] = slotTableEntry(layout, blocks.length);
      blocks.push(block);
    }
  }
  const header = encodeHeaderRegion(layout, identity, table);
  const footer = encodeFooter(layout.diskSize, identity);
  return {
    layout,
    size: fileSize(layout, blocks.length),
    blocks,
    header,
    footer,
    headerDigest: headerDigest(header, footer, hasher),
  };
}

/** The bytes of the file. `readBlock` fills `into` with the canonical bytes from an offset of the disk on. */
export async function* streamImage(
  plan: SequentialPlan,
  readAt: (offset: number, into: Uint8Array) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  yield plan.header;
  const lead = slotDataOffset(plan.layout, 0) - plan.layout.firstBlock;
  const bitmapAt = slotBitmapOffset(plan.layout, 0) - plan.layout.firstBlock;
  const buffer = new Uint8Array(chunkSize);
  for (const block of plan.blocks) {
    const frame = new Uint8Array(lead);
    frame.set(fullBitmap(), bitmapAt);
    yield frame;
    for (let at = 0; at < vhdBlockSize; at += chunkSize) {
      await readAt(block * vhdBlockSize + at, buffer);
      yield buffer;
    }
  }
  yield plan.footer.subarray(0, vhdSectorSize);
}
