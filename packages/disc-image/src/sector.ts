/** Bytes of a sector of every optical disc, and of a logical block of every file system written here. */
export const sectorSize = 2048;

export function sectorsOf(bytes: number): number {
  return Math.ceil(bytes / sectorSize);
}

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** UTF-16, the greater byte first: names in Joliet, and in UDF when they need it. */
export function utf16be(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i += 1) {
    bytes[i * 2] = text.charCodeAt(i) >>> 8;
    bytes[i * 2 + 1] = text.charCodeAt(i) & 0xff;
  }
  return bytes;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
