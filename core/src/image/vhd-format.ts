import type { ReadAt } from '@sysimage/bytes';
import {
  blockDataOffset,
  encodeFooter,
  encodeHeaderRegion,
  fullBitmap,
  readVhd,
  slotDataOffset,
  slotOfTableEntry,
  slotTableEntry,
  unallocatedEntry,
  vhdBlockSize,
  vhdLayout,
  vhdSectorSize,
} from '@sysimage/vhd';
import { noSlot, tableEntries, type ImageFormat, type OpenedImage } from './image-format.js';
import type { ImageIdentity } from './new-identity.js';

/** Images as dynamic VHDs. Throws `RangeError` for a disk that a VHD cannot hold. */
export function vhdFormat(diskSize: number, identity: ImageIdentity): ImageFormat {
  const layout = vhdLayout(diskSize);
  const slotFrame = new Uint8Array(slotDataOffset(layout, 0) - layout.firstBlock);
  slotFrame.set(fullBitmap(), slotFrame.length - vhdSectorSize);
  const format: ImageFormat = {
    kind: 'vhd',
    diskSize,
    blockSize: vhdBlockSize,
    blockCount: layout.blockCount,
    headerSize: layout.firstBlock,
    slotSize: layout.slotSize,
    slotFrame,
    footerSize: vhdSectorSize,
    encodeHeader: (table) =>
      encodeHeaderRegion(
        layout,
        identity,
        tableEntries(table, (slot) => (slot === noSlot ? unallocatedEntry : slotTableEntry(layout, slot))),
      ),
    encodeFooter: () => encodeFooter(diskSize, identity),
    changed: () => format,
  };
  return format;
}

/** Reads the header of any VHD. Throws `FormatError`. */
export async function openVhd(read: ReadAt, fileSize: number): Promise<OpenedImage> {
  const vhd = await readVhd(read, fileSize);
  const { layout, diskSize, blockSize, identity } = vhd;
  return {
    diskSize,
    blockSize,
    blockOffset: (block) => blockDataOffset(vhd, block),
    own:
      layout === undefined
        ? undefined
        : {
            format: vhdFormat(diskSize, identity),
            table: Int32Array.from(vhd.table, (entry) => slotOfTableEntry(layout, entry) ?? noSlot),
          },
  };
}
