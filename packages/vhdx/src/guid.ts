import { type ByteView } from '@sysimage/bytes';

/** Size of a GUID in the file. */
export const guidSize = 16;
/** Where the bytes of the file come in the text: the first three fields are little-endian. */
const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** A GUID as text in lower case, without braces. */
export function guidText(bytes: Uint8Array): string {
  const hex = order.map((at) => (bytes[at] ?? 0).toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/u, '$1-$2-$3-$4-');
}

/** The bytes of a GUID that is given as text, with or without braces; `undefined` when it is none. */
export function guidBytes(text: string): Uint8Array | undefined {
  const plain = /^\{?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\}?$/iu.exec(text)?.[1];
  if (plain === undefined) return undefined;
  const hex = plain.replaceAll('-', '');
  const bytes = new Uint8Array(guidSize);
  order.forEach((at, index) => (bytes[at] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16)));
  return bytes;
}

export function readGuid(view: ByteView, offset: number): string {
  return guidText(view.slice(offset, guidSize));
}
