export { allocatedExtents } from './allocated-extents.js';
export {
  differencingBitmap,
  differencingUnit,
  encodeDifferencingRegion,
  planDifferencing,
  type DifferencingPlan,
  type VhdParentReference,
} from './differencing.js';
export { encodeFooter, type VhdIdentity, type VhdType } from './footer.js';
export { encodeHeaderRegion, encodeTable, fullBitmap } from './header-region.js';
export {
  fileSize,
  fixedFileSize,
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
export type { VhdParentLocator } from './parent-locator.js';
export { openVhdReader, type VhdParent, type VhdReader } from './vhd-reader.js';
