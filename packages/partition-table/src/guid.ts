import type { ByteView } from '@sysimage/bytes';

/** The GUID at `offset` in upper case. The first three fields are little-endian (UEFI specification, appendix A). */
export function readGuid(view: ByteView, offset: number): string {
  const hex = (at: number, length: number) =>
    Array.from(view.slice(offset + at, length), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const number = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return [
    number(view.u32le(offset), 8),
    number(view.u16le(offset + 4), 4),
    number(view.u16le(offset + 6), 4),
    hex(8, 2),
    hex(10, 6),
  ]
    .join('-')
    .toUpperCase();
}

/** The type GUID of an entry that is not in use. */
export const unusedGuid = '00000000-0000-0000-0000-000000000000';
