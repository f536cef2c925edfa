import { encodeDynamicHeader } from './dynamic-header.js';
import { encodeFooter, type VhdIdentity } from './footer.js';
import { dynamicHeaderOffset, vhdSectorSize, type VhdLayout } from './layout.js';

/**
 * The bytes `[0, firstBlock)` of a file: copy of the footer, dynamic header, table, padding.
 * `table` has an entry for each block of the disk: `slotTableEntry` or `unallocatedEntry`.
 */
export function encodeHeaderRegion(layout: VhdLayout, identity: VhdIdentity, table: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(layout.firstBlock);
  bytes.set(encodeFooter(layout.diskSize, identity), 0);
  bytes.set(encodeDynamicHeader(layout), dynamicHeaderOffset);
  bytes.set(encodeTable(layout, table), layout.tableOffset);
  return bytes;
}

/** The block allocation table, big-endian, padded to a sector with entries that mean "unallocated". */
export function encodeTable(layout: VhdLayout, table: Uint32Array): Uint8Array {
  if (table.length !== layout.blockCount) {
    throw new RangeError(`the table has ${table.length} entries, the disk ${layout.blockCount} blocks`);
  }
  const bytes = new Uint8Array(layout.tableSize).fill(0xff);
  const view = new DataView(bytes.buffer);
  table.forEach((entry, block) => view.setUint32(block * 4, entry));
  return bytes;
}

/** A sector bitmap that says "every sector is here": some readers take cleared bits for zeros, others ignore them. */
export function fullBitmap(): Uint8Array {
  return new Uint8Array(vhdSectorSize).fill(0xff);
}
