export { allocatedExtents } from './allocated-extents.js';
export { blockStates } from './block-table.js';
export { encodeHeader, encodeHeaders, type VhdxWriteState } from './header.js';
export {
  encodeHeaderRegion,
  encodeTable,
  encodeTableEntry,
  headerRegionPieces,
  type VhdxIdentity,
  type VhdxPiece,
} from './header-region.js';
export {
  fileSize,
  headerOffsets,
  slotCountOfFileSize,
  slotDataOffset,
  slotOfTableEntry,
  slotTableEntry,
  tableEntryOffset,
  unallocatedEntry,
  vhdxLayout,
  vhdxMaximumSize,
  vhdxUnit,
  type VhdxDisk,
  type VhdxLayout,
} from './layout.js';
export type { LogPatch } from './log-entry.js';
export type { LogReplay } from './log.js';
export type { VhdxParentLocator } from './parent-locator.js';
export { blockDataOffset, readVhdx, type Vhdx } from './read-vhdx.js';
export { openVhdxReader, type VhdxParent, type VhdxReader } from './vhdx-reader.js';
