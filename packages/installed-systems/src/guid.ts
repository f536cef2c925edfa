import type { ByteView } from '@sysimage/bytes';

/** A GUID as it lies on disks, of which the first three parts are little-endian: in upper case. */
export function guidOf(view: ByteView, at: number): string {
  const tail = Array.from(view.slice(at + 8, 8), (byte) => hexOf(byte, 2)).join('');
  const head = `${hexOf(view.u32le(at), 8)}-${hexOf(view.u16le(at + 4), 4)}-${hexOf(view.u16le(at + 6), 4)}`;
  return `${head}-${tail.slice(0, 4)}-${tail.slice(4)}`.toUpperCase();
}

/** Lower-case hex digits. */
export function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
