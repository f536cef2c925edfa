import { type ByteView, FormatError } from '@sysimage/bytes';
import { checksum } from './checksum.js';
import { dynamicHeaderSize, vhdBlockSize, vhdSectorSize, type VhdLayout } from './layout.js';
import { decodeParentFields, type ParentFields } from './parent-fields.js';

/** What a dynamic header says (VHD specification, "Dynamic Disk Header Format"). */
export interface DynamicHeader {
  readonly tableOffset: number;
  readonly tableEntries: number;
  readonly blockSize: number;
  /** Of other than differencing files it means nothing. */
  readonly parent: ParentFields;
}

const checksumOffset = 36;
const versionOne = 0x0001_0000;
const smallestBlock = 4096;
const largestBlock = 256 * 1024 * 1024;

/** `setParent` fills in what a differencing file says of its parent. */
export function encodeDynamicHeader(layout: VhdLayout, setParent?: (header: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(dynamicHeaderSize);
  const view = new DataView(bytes.buffer);
  bytes.set(
    Uint8Array.from('cxsparse', (character) => character.charCodeAt(0)),
    0,
  );
  view.setBigUint64(8, 0xffff_ffff_ffff_ffffn); // no further structure
  view.setBigUint64(16, BigInt(layout.tableOffset));
  view.setUint32(24, versionOne);
  view.setUint32(28, layout.blockCount);
  view.setUint32(32, vhdBlockSize);
  setParent?.(bytes);
  view.setUint32(checksumOffset, checksum(bytes, checksumOffset));
  return bytes;
}

/** Reads a dynamic header of any program. Throws `FormatError`. */
export function decodeDynamicHeader(view: ByteView): DynamicHeader {
  if (view.latin1(0, 8) !== 'cxsparse') throw view.corrupt('the cookie is missing');
  if (view.u32be(checksumOffset) !== checksum(view.slice(0, dynamicHeaderSize), checksumOffset)) {
    throw view.corrupt('the checksum does not fit', checksumOffset);
  }
  const version = view.u32be(24);
  if (version >>> 16 !== 1) throw new FormatError('unsupported', `dynamic header version ${version >>> 16}`);
  const blockSize = view.u32be(32);
  if (blockSize < vhdSectorSize || (blockSize & (blockSize - 1)) !== 0) {
    throw view.corrupt(`${blockSize} is not a block size`, 32);
  }
  if (blockSize < smallestBlock || blockSize > largestBlock) {
    throw new FormatError('unsupported', `blocks of ${blockSize} bytes`);
  }
  return {
    tableOffset: view.u64be(16),
    tableEntries: view.u32be(28),
    blockSize,
    parent: decodeParentFields(view),
  };
}

/** Size of the sector bitmap before each payload: a bit for each sector, padded to a sector. */
export function bitmapSizeOf(blockSize: number): number {
  return Math.ceil(blockSize / vhdSectorSize / 8 / vhdSectorSize) * vhdSectorSize;
}
