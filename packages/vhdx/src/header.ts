import { type ByteView, FormatError } from '@sysimage/bytes';
import { crc32c } from './crc32c.js';
import { guidSize } from './guid.js';
import { headerOffsets, logOffset, logSize, vhdxUnit } from './layout.js';

/** Size of one of the two headers. */
export const headerSize = 4096;
const checksumOffset = 4;

/** What a header says about this state of the file. Given by the caller: a codec knows no random numbers. */
export interface VhdxWriteState {
  /** Which of the two headers is newer: from 1, larger with every change. */
  readonly sequenceNumber: number;
  /** 16 bytes, others each time before the file is changed at all. */
  readonly fileWriteId: Uint8Array;
  /** 16 bytes, others before what the disk holds is changed: differencing files know their parent by it. */
  readonly dataWriteId: Uint8Array;
}

/** A header as it was read ([MS-VHDX] 2.2.2). */
export interface Header extends VhdxWriteState {
  /** 16 bytes; all zero when there is nothing to replay. */
  readonly logId: Uint8Array;
  readonly logOffset: number;
  readonly logSize: number;
}

/**
 * One header of a file of ours, 4096 bytes for an offset of `headerOffsets`. Its log is always empty.
 *
 * Whoever changes a file writes the *older* of the two headers first, with the next number and a new `fileWriteId`, flushes,
 * and then the other with the number after that ([MS-VHDX] 2.2.2.1), so that one of them is always whole.
 */
export function encodeHeader(state: VhdxWriteState): Uint8Array {
  const { sequenceNumber, fileWriteId, dataWriteId } = state;
  if (!Number.isSafeInteger(sequenceNumber) || sequenceNumber < 1) {
    throw new RangeError(`not a sequence number: ${sequenceNumber}`);
  }
  const bytes = new Uint8Array(headerSize);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x64616568, true); // head
  view.setBigUint64(8, BigInt(sequenceNumber), true);
  bytes.set(checkedId(fileWriteId), 16);
  bytes.set(checkedId(dataWriteId), 32);
  view.setUint16(66, 1, true); // version; that of the log before it is 0
  view.setUint32(68, logSize, true);
  view.setBigUint64(72, BigInt(logOffset), true);
  view.setUint32(checksumOffset, crc32c(bytes, checksumOffset), true);
  return bytes;
}

/** Both headers of a file that nobody is changing: the one in the first place is the older. */
export function encodeHeaders(
  state: VhdxWriteState,
): readonly { readonly offset: number; readonly bytes: Uint8Array }[] {
  return headerOffsets.map((offset, index) => ({
    offset,
    bytes: encodeHeader({ ...state, sequenceNumber: state.sequenceNumber + index }),
  }));
}

/** Reads a header of any program. Throws `FormatError`. */
export function decodeHeader(view: ByteView): Header {
  if (view.latin1(0, 4) !== 'head') throw view.corrupt('the signature is missing');
  if (view.u32le(checksumOffset) !== crc32c(view.slice(0, headerSize), checksumOffset)) {
    throw view.corrupt('the checksum does not fit', checksumOffset);
  }
  if (view.u16le(66) !== 1) throw new FormatError('unsupported', `VHDX version ${view.u16le(66)}`);
  const header: Header = {
    sequenceNumber: view.u64le(8),
    fileWriteId: view.slice(16, guidSize).slice(),
    dataWriteId: view.slice(32, guidSize).slice(),
    logId: view.slice(48, guidSize).slice(),
    logSize: view.u32le(68),
    logOffset: view.u64le(72),
  };
  if (header.logSize % vhdxUnit !== 0 || header.logOffset % vhdxUnit !== 0) {
    throw view.corrupt(`no log lies at ${header.logOffset}, ${header.logSize} bytes long`, 68);
  }
  if (hasLog(header) && view.u16le(64) !== 0) {
    throw new FormatError('unsupported', `VHDX log version ${view.u16le(64)}`);
  }
  return header;
}

/** True when the file was not closed in order, so that its log must be replayed. */
export function hasLog(header: Header): boolean {
  return header.logId.some((byte) => byte !== 0);
}

export function checkedId(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== guidSize) throw new RangeError(`a GUID has 16 bytes, not ${bytes.length}`);
  return bytes;
}
