import type { ByteView } from '@sysimage/bytes';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 up to the first NUL; `undefined` when empty. */
export function utf8Field(view: ByteView, offset: number, length: number): string | undefined {
  const bytes = view.slice(offset, length);
  const end = bytes.indexOf(0);
  const text = utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
  return text === '' ? undefined : text;
}

/** `units` UTF-16LE code units, up to the first NUL. */
export function utf16Field(view: ByteView, offset: number, units: number): string {
  let text = '';
  for (let i = 0; i < units; i += 1) {
    const unit = view.u16le(offset + i * 2);
    if (unit === 0) break;
    text += String.fromCharCode(unit);
  }
  return text;
}

/** 16 bytes as a UUID in their order on the disk, lower case; `undefined` when all are zero. */
export function uuidField(view: ByteView, offset: number): string | undefined {
  const hex = hexField(view.slice(offset, 16));
  if (/^0+$/.test(hex)) return undefined;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function hexField(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A 32-bit volume serial number as Windows prints it: `1A2B-3C4D`. */
export function serialField(view: ByteView, offset: number): string | undefined {
  const serial = view.u32le(offset);
  if (serial === 0) return undefined;
  return serial
    .toString(16)
    .toUpperCase()
    .padStart(8, '0')
    .replace(/^(.{4})/, '$1-');
}
