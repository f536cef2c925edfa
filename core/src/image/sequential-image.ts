import type { ExtentSet } from '@sysimage/extents';
import type { Hasher } from '../contract/services.js';
import { emptyTable, headerDigest, imageSize, type ImageFormat } from './image-format.js';

/** Bytes handed on at once. */
const chunkSize = 1024 * 1024;

/** Where every block of an image that is written as a stream lies: known from the allocation map alone, before a byte is read. */
export interface SequentialPlan {
  readonly format: ImageFormat;
  readonly size: number;
  /** Numbers of the blocks that are there, in order. */
  readonly blocks: readonly number[];
  readonly header: Uint8Array;
  readonly footer: Uint8Array;
  readonly headerDigest: string;
}

export function planSequentialImage(format: ImageFormat, allocated: ExtentSet, hasher: Hasher): SequentialPlan {
  const table = emptyTable(format);
  const { blockSize } = format;
  const blocks: number[] = [];
  for (const run of allocated.alignOut(blockSize)) {
    for (let block = run.start / blockSize; block < run.end / blockSize; block += 1) {
      table[block] = blocks.length;
      blocks.push(block);
    }
  }
  const header = format.encodeHeader(table);
  const footer = format.encodeFooter();
  return {
    format,
    size: imageSize(format, blocks.length),
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
  const { slotFrame, blockSize } = plan.format;
  yield plan.header;
  const buffer = new Uint8Array(chunkSize);
  for (const block of plan.blocks) {
    if (slotFrame.length > 0) yield slotFrame;
    for (let at = 0; at < blockSize; at += chunkSize) {
      await readAt(block * blockSize + at, buffer);
      yield buffer;
    }
  }
  if (plan.footer.length > 0) yield plan.footer;
}
