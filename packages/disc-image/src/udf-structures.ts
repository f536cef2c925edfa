import { latin1, utf16be, viewOf } from './sector.js';

/** Identifiers of descriptor tags (ECMA-167 3/7.2.1 and 4/7.2.1). */
export const tags = {
  primaryVolume: 1,
  anchor: 2,
  implementationUse: 4,
  partition: 5,
  logicalVolume: 6,
  unallocatedSpace: 7,
  terminating: 8,
  integrity: 9,
  fileSet: 256,
  fileIdentifier: 257,
  fileEntry: 261,
  extendedFileEntry: 266,
} as const;

// CRC-16 with polynomial 0x1021 and initial value 0 (ECMA-167 3/7.2.6).
const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 0x8000 ? (value << 1) ^ 0x1021 : value << 1) & 0xffff;
  return value;
});

export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (crcTable[((crc >>> 8) ^ byte) & 0xff] ?? 0)) & 0xffff;
  return crc;
}

/** Fills in the tag at the start of a finished descriptor (ECMA-167 3/7.2). */
export function sealTag(descriptor: Uint8Array, tag: number, location: number): Uint8Array {
  const view = viewOf(descriptor);
  view.setUint16(0, tag, true);
  // Version 2 is the one of UDF 1.02 (ECMA-167, second edition).
  view.setUint16(2, 2, true);
  view.setUint16(8, crc16(descriptor.subarray(16)), true);
  view.setUint16(10, descriptor.length - 16, true);
  view.setUint32(12, location, true);
  descriptor[4] = tagChecksum(descriptor);
  return descriptor;
}

export function tagChecksum(tag: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < 16; i += 1) if (i !== 4) sum += tag[i] ?? 0;
  return sum & 0xff;
}

/** An entity identifier (ECMA-167 1/7.4). */
export function putEntity(bytes: Uint8Array, offset: number, id: string, suffix: readonly number[] = []): void {
  bytes.set(latin1(id), offset + 1);
  bytes.set(suffix, offset + 24);
}

export const implementation = '*sysimage';

/** OSTA UDF 2.1.5.3: revision 1.02, and write protected for good and for now. */
export const domainSuffix = [0x02, 0x01, 0x03];

/** OSTA UDF 2.1.2: the character set is always CS0. */
export function putCharacterSet(bytes: Uint8Array, offset: number): void {
  bytes.set(latin1('OSTA Compressed Unicode'), offset + 1);
}

/** OSTA UDF 2.1.1: one byte a character when that is enough, otherwise two. */
export function compressedUnicode(text: string): Uint8Array {
  if (text === '') return new Uint8Array();
  const wide = /[^\0-\xff]/u.test(text);
  const characters = wide ? utf16be(text) : latin1(text);
  const bytes = new Uint8Array(1 + characters.length);
  bytes[0] = wide ? 16 : 8;
  bytes.set(characters, 1);
  return bytes;
}

/** A text in a field of fixed length, whose last byte is the number of bytes used (ECMA-167 1/7.2.12). */
export function putText(bytes: Uint8Array, offset: number, length: number, text: string): void {
  let content = compressedUnicode(text);
  for (let kept = text.length; content.length > length - 1; kept -= 1) content = compressedUnicode(text.slice(0, kept));
  bytes.set(content, offset);
  bytes[offset + length - 1] = content.length;
}

/** ECMA-167 1/7.3; the type is local time, with no minutes to UTC. */
export function putTime(bytes: Uint8Array, offset: number, date: Date): void {
  const view = viewOf(bytes);
  view.setUint16(offset, 0x1000, true);
  view.setInt16(offset + 2, date.getUTCFullYear(), true);
  bytes.set(
    [
      date.getUTCMonth() + 1,
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      date.getUTCSeconds(),
      Math.floor(date.getUTCMilliseconds() / 10),
    ],
    offset + 4,
  );
}

/** An extent in a partition, with 16 bytes (ECMA-167 4/14.14.2). */
export function putLongExtent(bytes: Uint8Array, offset: number, length: number, block: number, uniqueId = 0): void {
  const view = viewOf(bytes);
  view.setUint32(offset, length, true);
  view.setUint32(offset + 4, block, true);
  // OSTA UDF 2.3.4.3: the unique id in the last four of the bytes for implementations.
  view.setUint32(offset + 12, uniqueId, true);
}
