import type { ReadAt } from '@sysimage/bytes';
import {
  blockDataOffset,
  encodeHeaderRegion,
  readVhdx,
  slotOfTableEntry,
  slotTableEntry,
  unallocatedEntry,
  vhdxLayout,
  type VhdxIdentity,
  type VhdxLayout,
} from '@sysimage/vhdx';
import { noSlot, tableEntries, type DiskShape, type ImageFormat, type OpenedImage } from './image-format.js';
import type { ImageIdentity } from './new-identity.js';

/** Images as dynamic VHDXs without a log. Throws `RangeError` for a disk that a VHDX cannot hold. */
export function vhdxFormat(disk: DiskShape, identity: ImageIdentity): ImageFormat {
  const ids = writeIds(identity);
  return formatOf(vhdxLayout(disk), { ...ids, sequenceNumber: 1, diskId: relatedId(identity.uuid, 2) });
}

/** Reads the header of any VHDX. Throws `FormatError`. */
export async function openVhdx(read: ReadAt, fileSize: number): Promise<OpenedImage> {
  const vhdx = await readVhdx(read, fileSize);
  const { layout, diskSize, blockSize, identity } = vhdx;
  return {
    diskSize,
    blockSize,
    blockOffset: (block) => blockDataOffset(vhdx, block),
    own:
      layout === undefined
        ? undefined
        : {
            // The newer of the two headers has the higher of two numbers that follow each other.
            format: formatOf(layout, { ...identity, sequenceNumber: identity.sequenceNumber - 1 }),
            table: Int32Array.from(vhdx.table, (entry) => slotOfTableEntry(layout, entry) ?? noSlot),
          },
  };
}

function formatOf(layout: VhdxLayout, identity: VhdxIdentity): ImageFormat {
  return {
    kind: 'vhdx',
    diskSize: layout.diskSize,
    blockSize: layout.blockSize,
    blockCount: layout.blockCount,
    headerSize: layout.firstBlock,
    slotSize: layout.blockSize,
    slotFrame: new Uint8Array(0),
    footerSize: 0,
    encodeHeader: (table) =>
      encodeHeaderRegion(
        layout,
        identity,
        tableEntries(table, (slot) => (slot === noSlot ? unallocatedEntry : slotTableEntry(layout, slot))),
      ),
    encodeFooter: () => new Uint8Array(0),
    // [MS-VHDX] 2.2.2.1: other programs tell states of a file apart by these numbers.
    changed: (next) =>
      formatOf(layout, { ...identity, ...writeIds(next), sequenceNumber: identity.sequenceNumber + 2 }),
  };
}

function writeIds({ uuid }: ImageIdentity): Pick<VhdxIdentity, 'fileWriteId' | 'dataWriteId'> {
  return { fileWriteId: uuid, dataWriteId: relatedId(uuid, 1) };
}

/** Another id made of a random one. */
function relatedId(uuid: Uint8Array, which: number): Uint8Array {
  return uuid.map((byte, i) => (i === 15 ? byte ^ which : byte));
}
