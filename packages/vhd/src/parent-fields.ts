import { type ByteView } from '@sysimage/bytes';
import { dateOf } from './footer.js';

const nameOffset = 64;
/** UTF-16 units. */
const nameLength = 256;
export const locatorsOffset = 576;
export const locatorSize = 24;
export const locatorCount = 8;

/** One of the eight places where a path to the parent may be. */
export interface LocatorEntry {
  /** Four characters: which system the path is for. */
  readonly platform: string;
  readonly size: number;
  readonly offset: number;
}

/** What a dynamic header says of the parent (VHD specification, "Dynamic Disk Header Format"). */
export interface ParentFields {
  /** 16 bytes: the parent's own. */
  readonly uuid: Uint8Array;
  readonly modifiedAt: Date;
  readonly name: string;
  readonly locators: readonly LocatorEntry[];
}

export function decodeParentFields(view: ByteView): ParentFields {
  const units = Array.from({ length: nameLength }, (_, index) => view.u16be(nameOffset + index * 2));
  const end = units.indexOf(0);
  return {
    uuid: view.slice(40, 16).slice(),
    modifiedAt: dateOf(view.u32be(56)),
    name: String.fromCharCode(...(end === -1 ? units : units.slice(0, end))),
    locators: Array.from({ length: locatorCount }, (_, index) => locatorsOffset + index * locatorSize)
      .filter((at) => view.u32be(at) !== 0)
      .map((at) => ({
        platform: view.latin1(at, 4),
        size: view.u32be(at + 8),
        // Checked where it is read; what is no safe integer lies in no file.
        offset: Number((BigInt(view.u32be(at + 16)) << 32n) | BigInt(view.u32be(at + 20))),
      })),
  };
}

/** Writes a name as it stands in a dynamic header. Throws `RangeError` when it is too long. */
export function encodeParentName(header: Uint8Array, name: string): void {
  if (name.length === 0 || name.length >= nameLength) {
    throw new RangeError(`the name of a parent has 1 to ${nameLength - 1} characters, not ${name.length}`);
  }
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  for (let index = 0; index < name.length; index += 1) {
    view.setUint16(nameOffset + index * 2, name.charCodeAt(index));
  }
}
