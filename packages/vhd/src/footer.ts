import { type ByteView, FormatError } from '@sysimage/bytes';
import { checksum } from './checksum.js';
import { dynamicHeaderOffset, isDiskSize, vhdSectorSize } from './layout.js';

/** What tells one file from another. Given by the caller: a codec knows no clock and no random numbers. */
export interface VhdIdentity {
  /** 16 bytes. */
  readonly uuid: Uint8Array;
  /** Kept in whole seconds, from 2000-01-01 to 2136. */
  readonly createdAt: Date;
}

/** `differencing`: holds what differs from another VHD, its parent. */
export type VhdType = 'fixed' | 'dynamic' | 'differencing';

/** What a footer says (VHD specification, "Hard Disk Footer Format"). */
export interface Footer {
  readonly type: VhdType;
  readonly diskSize: number;
  readonly identity: VhdIdentity;
  /** Tag of the program that made the file, trailing blanks removed. */
  readonly creator: string;
  /** Offset of the dynamic header; not in fixed files. */
  readonly dynamicHeader: number | undefined;
  /** The virtual machine was suspended when the file was written. wbadmin always says so. */
  readonly savedState: boolean;
}

/** The tag in files of ours. */
export const ourCreator = 'sysi';

const checksumOffset = 64;
const epoch = Date.UTC(2000, 0, 1);
const versionOne = 0x0001_0000;

const types = { fixed: 2, dynamic: 3, differencing: 4 } as const;

/** The 512 bytes at the end of a VHD; in other than fixed files their copy is at the start. */
export function encodeFooter(diskSize: number, identity: VhdIdentity, type: VhdType = 'dynamic'): Uint8Array {
  if (!isDiskSize(diskSize)) throw new RangeError(`a VHD cannot hold a disk of ${diskSize} bytes`);
  if (identity.uuid.length !== 16) throw new RangeError(`a UUID has 16 bytes, not ${identity.uuid.length}`);
  const bytes = new Uint8Array(vhdSectorSize);
  const view = new DataView(bytes.buffer);
  bytes.set(latin1('conectix'), 0);
  view.setUint32(8, 2); // features: a reserved bit that is always set
  view.setUint32(12, versionOne);
  view.setBigUint64(16, type === 'fixed' ? 0xffff_ffff_ffff_ffffn : BigInt(dynamicHeaderOffset));
  view.setUint32(24, secondsOf(identity.createdAt));
  bytes.set(latin1(ourCreator), 28);
  view.setUint32(32, versionOne);
  bytes.set(latin1('Wi2k'), 36); // the specification knows two hosts, and readers look for this one
  view.setBigUint64(40, BigInt(diskSize));
  view.setBigUint64(48, BigInt(diskSize));
  // The largest geometry means "not told": with any other, QEMU takes the product of the three for the size of the disk.
  view.setUint16(56, 65535);
  view.setUint8(58, 16);
  view.setUint8(59, 255);
  view.setUint32(60, types[type]);
  bytes.set(identity.uuid, 68);
  view.setUint32(checksumOffset, checksum(bytes, checksumOffset));
  return bytes;
}

/** Reads a footer of any program. Throws `FormatError`. */
export function decodeFooter(view: ByteView): Footer {
  if (view.latin1(0, 8) !== 'conectix') throw view.corrupt('no footer: the cookie is missing');
  if (view.u32be(checksumOffset) !== checksum(view.slice(0, vhdSectorSize), checksumOffset)) {
    throw view.corrupt('the checksum does not fit', checksumOffset);
  }
  const version = view.u32be(12);
  if (version >>> 16 !== 1) throw unsupported(`file format version ${version >>> 16}`, view, 12);
  const type = typeOf(view);
  const diskSize = view.u64be(48);
  if (!isDiskSize(diskSize)) throw view.corrupt(`${diskSize} is not the size of a disk`, 48);
  return {
    type,
    diskSize,
    identity: { uuid: view.slice(68, 16).slice(), createdAt: dateOf(view.u32be(24)) },
    creator: view.latin1(28, 4).replace(/[\0 ]+$/u, ''),
    dynamicHeader: type === 'fixed' ? undefined : view.u64be(16),
    savedState: view.u8(84) !== 0,
  };
}

function typeOf(view: ByteView): Footer['type'] {
  const type = view.u32be(60);
  if (type === 2) return 'fixed';
  if (type === 3) return 'dynamic';
  if (type === 4) return 'differencing';
  throw view.corrupt(`disk type ${type} does not exist`, 60);
}

function unsupported(what: string, view: ByteView, offset: number): FormatError {
  return new FormatError('unsupported', `${what} cannot be read`, {
    offset: view.corrupt(what, offset).offset ?? offset,
  });
}

/** Whole seconds since the epoch of VHD files. */
export function secondsOf(date: Date): number {
  const seconds = Math.floor((date.getTime() - epoch) / 1000);
  if (!(seconds >= 0 && seconds <= 0xffff_ffff)) throw new RangeError('a VHD knows dates from 2000 to 2136 only');
  return seconds;
}

/** The inverse of `secondsOf`. */
export function dateOf(seconds: number): Date {
  return new Date(epoch + seconds * 1000);
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
