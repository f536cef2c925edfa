import { type ByteView, FormatError } from '@sysimage/bytes';
import { crc32c } from './crc32c.js';
import { guidBytes, readGuid } from './guid.js';
import { metadataOffset, metadataSize, vhdxUnit, type VhdxLayout } from './layout.js';

/** Size of one of the two region tables. */
export const regionTableSize = 64 * 1024;
const checksumOffset = 4;
const entrySize = 32;
const mostEntries = 2047;

const tableRegion = '2dc27766-f623-4200-9d64-115e9bfd4a08';
const metadataRegion = '8b7ca206-4790-4b9a-b8fe-575f050f886e';

export interface Region {
  readonly offset: number;
  readonly size: number;
}

/** Where table and metadata lie ([MS-VHDX] 2.2.3). */
export interface Regions {
  readonly table: Region;
  readonly metadata: Region;
}

export function encodeRegionTable(layout: VhdxLayout): Uint8Array {
  const bytes = new Uint8Array(regionTableSize);
  const view = new DataView(bytes.buffer);
  const regions = [
    [tableRegion, layout.tableOffset, layout.tableSize],
    [metadataRegion, metadataOffset, metadataSize],
  ] as const;
  view.setUint32(0, 0x69676572, true); // regi
  view.setUint32(8, regions.length, true);
  regions.forEach(([id, offset, size], index) => {
    const at = 16 + index * entrySize;
    bytes.set(guidBytes(id) ?? [], at);
    view.setBigUint64(at + 16, BigInt(offset), true);
    view.setUint32(at + 24, size, true);
    view.setUint32(at + 28, 1, true); // required
  });
  view.setUint32(checksumOffset, crc32c(bytes, checksumOffset), true);
  return bytes;
}

/** Reads a region table of any program. Throws `FormatError`. */
export function decodeRegionTable(view: ByteView, fileSize: number): Regions {
  if (view.latin1(0, 4) !== 'regi') throw view.corrupt('the signature is missing');
  if (view.u32le(checksumOffset) !== crc32c(view.slice(0, regionTableSize), checksumOffset)) {
    throw view.corrupt('the checksum does not fit', checksumOffset);
  }
  const count = view.u32le(8);
  if (count > mostEntries) throw view.corrupt(`${count} regions are too many`, 8);
  const found = new Map<string, Region>();
  for (let at = 16; at < 16 + count * entrySize; at += entrySize) {
    const id = readGuid(view, at);
    const region = { offset: view.u64le(at + 16), size: view.u32le(at + 24) };
    if (id !== tableRegion && id !== metadataRegion) {
      if ((view.u32le(at + 28) & 1) !== 0) throw new FormatError('unsupported', `the VHDX region ${id} must be known`);
      continue;
    }
    if (found.has(id)) throw view.corrupt(`region ${id} is there twice`, at);
    const { offset, size } = region;
    if (
      offset < vhdxUnit ||
      offset % vhdxUnit !== 0 ||
      size === 0 ||
      size % vhdxUnit !== 0 ||
      offset + size > fileSize
    ) {
      throw view.corrupt(`no region lies at ${offset}, ${size} bytes long`, at);
    }
    found.set(id, region);
  }
  const [table, metadata] = [found.get(tableRegion), found.get(metadataRegion)];
  if (table === undefined || metadata === undefined) throw view.corrupt('a region is missing', 8);
  return { table, metadata };
}
