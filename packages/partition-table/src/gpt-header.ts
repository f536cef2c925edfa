import { ByteView, crc32, FormatError, type ReadAt } from '@sysimage/bytes';
import type { DiskShape } from './partition-table.js';
import { readGuid } from './guid.js';

/** More than any real disk has; keeps a hostile header from asking for memory. */
const maxArraySize = 4 * 1024 * 1024;
const minHeaderSize = 92;

/** A header and its entry array, checked (UEFI specification 5.3.2). Positions are sector numbers. */
export interface GptCopy {
  readonly headerSector: number;
  readonly alternateSector: number;
  readonly firstUsableSector: number;
  readonly lastUsableSector: number;
  readonly diskId: string;
  readonly arraySector: number;
  /** Whole sectors the entry array takes. */
  readonly arraySectorCount: number;
  readonly entrySize: number;
  readonly entryCount: number;
  /** The header's sector as it stands on the disk. */
  readonly header: Uint8Array;
  /** The entry array in whole sectors as it stands on the disk. */
  readonly array: Uint8Array;
}

/** Reads and checks the copy whose header is at `headerSector`. Throws `FormatError` `corrupt` with what is wrong. */
export async function readGptCopy(read: ReadAt, disk: DiskShape, headerSector: number): Promise<GptCopy> {
  const base = headerSector * disk.sectorSize;
  const diskSectors = Math.floor(disk.size / disk.sectorSize);
  if (headerSector >= diskSectors) throw new FormatError('corrupt', 'GPT header: beyond the end of the disk');
  const header = await read(base, disk.sectorSize);
  const view = new ByteView(header, 'GPT header', base);
  if (!hasGptSignature(view)) throw view.corrupt('no signature');
  const headerSize = view.u32le(12);
  if (headerSize < minHeaderSize || headerSize > disk.sectorSize) throw view.corrupt(`size is ${headerSize}`, 12);
  if (crc32(withoutCrc(header.subarray(0, headerSize))) !== view.u32le(16)) throw view.corrupt('wrong CRC', 16);
  if (view.u64le(24) !== headerSector) throw view.corrupt(`says it is at sector ${view.u64le(24)}`, 24);

  const entryCount = view.u32le(80);
  const entrySize = view.u32le(84);
  const arraySize = entryCount * entrySize;
  if (entrySize < 128 || (entrySize & (entrySize - 1)) !== 0) throw view.corrupt(`entry size is ${entrySize}`, 84);
  if (entryCount === 0 || arraySize > maxArraySize) throw view.corrupt(`${entryCount} entries`, 80);
  const arraySector = view.u64le(72);
  const arraySectorCount = Math.ceil(arraySize / disk.sectorSize);
  if (arraySector < 2 || arraySector + arraySectorCount > diskSectors) {
    throw view.corrupt(`entry array at sector ${arraySector}`, 72);
  }
  const array = await read(arraySector * disk.sectorSize, arraySectorCount * disk.sectorSize);
  if (crc32(array.subarray(0, arraySize)) !== view.u32le(88)) throw view.corrupt('wrong CRC of the entry array', 88);
  return {
    headerSector,
    alternateSector: view.u64le(32),
    firstUsableSector: view.u64le(40),
    lastUsableSector: view.u64le(48),
    diskId: readGuid(view, 56),
    arraySector,
    arraySectorCount,
    entrySize,
    entryCount,
    header,
    array,
  };
}

/** True when the bytes begin like a GPT header. */
export function hasGptSignature(view: ByteView): boolean {
  return view.length >= minHeaderSize && view.latin1(0, 8) === 'EFI PART';
}

/** What moves when a copy is written elsewhere; everything else stays as it was. */
export interface GptPlacement {
  readonly headerSector: number;
  readonly alternateSector: number;
  readonly lastUsableSector: number;
  readonly arraySector: number;
}

/** The header's sector with the new positions and a new CRC. */
export function placeGptHeader(copy: GptCopy, to: GptPlacement): Uint8Array {
  const header = copy.header.slice();
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  view.setBigUint64(24, BigInt(to.headerSector), true);
  view.setBigUint64(32, BigInt(to.alternateSector), true);
  view.setBigUint64(48, BigInt(to.lastUsableSector), true);
  view.setBigUint64(72, BigInt(to.arraySector), true);
  view.setUint32(16, crc32(withoutCrc(header.subarray(0, view.getUint32(12, true)))), true);
  return header;
}

/** The CRC is taken with its own field zero. */
function withoutCrc(header: Uint8Array): Uint8Array {
  const copy = header.slice();
  copy.fill(0, 16, 20);
  return copy;
}
