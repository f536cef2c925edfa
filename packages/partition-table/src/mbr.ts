import { ByteView } from '@sysimage/bytes';
import { isFileSystemBootSector } from './boot-sector.js';

/** One of the four 16-byte entries of an MBR or EBR, in sectors as it stands there. */
export interface MbrEntry {
  /** From 0. */
  readonly slot: number;
  readonly active: boolean;
  readonly type: number;
  readonly startSector: number;
  readonly sectorCount: number;
}

export interface Mbr {
  readonly signature: number;
  /** The entries in use. */
  readonly entries: readonly MbrEntry[];
}

export const entriesOffset = 446;
export const entrySize = 16;
export const protectiveType = 0xee;

/** True when the 512 bytes end in 55 AA. */
export function hasBootSignature(sector: ByteView): boolean {
  return sector.u8(510) === 0x55 && sector.u8(511) === 0xaa;
}

/** True for the types that hold a chain of logical partitions. */
export function isExtendedType(type: number): boolean {
  return type === 0x05 || type === 0x0f || type === 0x85;
}

/** The entries in use: those with a size, whatever their type, as Linux and sfdisk have it. */
export function readMbrEntries(sector: ByteView): readonly MbrEntry[] {
  return [0, 1, 2, 3]
    .map((slot) => {
      const at = entriesOffset + slot * entrySize;
      return {
        slot,
        active: sector.u8(at) === 0x80,
        type: sector.u8(at + 4),
        startSector: sector.u32le(at + 8),
        sectorCount: sector.u32le(at + 12),
      };
    })
    .filter((entry) => entry.sectorCount !== 0);
}

/** Reads sector 0, or `undefined` when it is not an MBR. `diskSectors` decides whether entries of a boot sector are real. */
export function readMbr(bytes: Uint8Array, diskSectors: number): Mbr | undefined {
  const sector = new ByteView(bytes.subarray(0, 512), 'MBR');
  if (!hasBootSignature(sector)) return undefined;
  // Linux and blkid take anything but 00 and 80 here as the sign that this is boot code, not a table.
  const flags = [0, 1, 2, 3].map((slot) => sector.u8(entriesOffset + slot * entrySize));
  if (flags.some((flag) => flag !== 0 && flag !== 0x80)) return undefined;
  const entries = readMbrEntries(sector);
  if (isFileSystemBootSector(sector) && !areReal(entries, diskSectors)) return undefined;
  return { signature: sector.u32le(440), entries };
}

/** A table written over an old boot sector keeps the boot sector's fields; its entries then fit the disk exactly. */
function areReal(entries: readonly MbrEntry[], diskSectors: number): boolean {
  const sorted = entries.toSorted((a, b) => a.startSector - b.startSector);
  let free = 1;
  for (const { type, startSector, sectorCount } of sorted) {
    if (type === 0 || startSector < free || startSector + sectorCount > diskSectors) return false;
    free = startSector + sectorCount;
  }
  return sorted.length > 0;
}
