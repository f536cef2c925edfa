export { allocatedExtents } from './allocated-extents.js';
export { encodeFooter, type VhdIdentity } from './footer.js';
export { encodeHeaderRegion, encodeTable, fullBitmap } from './header-region.js';
export {
  fileSize,
  slotBitmapOffset,
  slotCountOfFileSize,
  slotDataOffset,
  slotOfTableEntry,
  slotTableEntry,
  unallocatedEntry,
  vhdBlockSize,
  vhdLayout,
  vhdMaximumSize,
  vhdSectorSize,
  type VhdLayout,
} from './layout.js';
export { blockDataOffset, readVhd, type Vhd } from './read-vhd.js';
export { openVhdReader, type VhdReader } from './vhd-reader.js';
