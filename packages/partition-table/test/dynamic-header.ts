import type { Disk } from './disk.js';

export const dynamicIds = {
  disk: '06495aa3-7e69-11e4-a222-005056c00008',
  group: '03c0c4fc-8b6f-402b-9431-4be2e5823b1c',
} as const;

/** Where volumes and the database of a dynamic disk lie, in sectors. */
export interface DynamicPlaces {
  readonly dataStart: number;
  readonly dataSize: number;
  readonly databaseStart: number;
  readonly databaseSize: number;
}

/** Writes a header of the logical disk manager at an offset of the disk, its checksum right. */
export function writeDynamicHeader(
  { bytes, view }: Disk,
  at: number,
  places: DynamicPlaces,
  ids: { readonly disk: string; readonly group: string } = dynamicIds,
): void {
  bytes.fill(0, at, at + 512);
  const put = (offset: number, text: string) => bytes.set(new TextEncoder().encode(text), at + offset);
  put(0, 'PRIVHEAD');
  view.setUint16(at + 12, 2);
  view.setUint16(at + 14, 12);
  put(0x30, ids.disk.toUpperCase());
  put(0x70, '1b77da20-c717-11d0-a5be-00a0c91db73c');
  put(0xb0, ids.group);
  put(0xf0, 'SERVER-Dg0');
  view.setBigUint64(at + 0x11b, BigInt(places.dataStart));
  view.setBigUint64(at + 0x123, BigInt(places.dataSize));
  view.setBigUint64(at + 0x12b, BigInt(places.databaseStart));
  view.setBigUint64(at + 0x133, BigInt(places.databaseSize));
  sealDynamicHeader({ bytes, view }, at);
}

export function sealDynamicHeader({ bytes, view }: Pick<Disk, 'bytes' | 'view'>, at: number): void {
  view.setUint32(at + 8, 0);
  view.setUint32(
    at + 8,
    bytes.subarray(at, at + 512).reduce((sum, byte) => sum + byte, 0),
  );
}
