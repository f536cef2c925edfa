import type { ByteView } from '@sysimage/bytes';

export type FatType = 'fat12' | 'fat16' | 'fat32';

/** Where things are on a FAT volume, from its boot sector. Offsets and sizes in bytes. */
export interface FatGeometry {
  readonly type: FatType;
  readonly sectorSize: number;
  readonly clusterSize: number;
  readonly clusterCount: number;
  readonly size: number;
  readonly fatOffset: number;
  readonly fatSize: number;
  readonly fatCount: number;
  /** The only copy kept up to date, when FAT32 says the copies are not mirrors. */
  readonly activeFat: number | undefined;
  /** FAT12 and FAT16: the root directory before the first cluster; FAT32: empty. */
  readonly rootOffset: number;
  readonly rootSize: number;
  /** FAT32: the first cluster of the root directory. */
  readonly rootCluster: number;
  /** Where cluster 2 begins. */
  readonly dataOffset: number;
  /** Where the fields that differ between FAT32 and the others begin: drive number, state, serial, label. */
  readonly tailFields: number;
}

/** Microsoft FAT specification, sections 3 and 4. `undefined` when the fields are not those of a FAT boot sector. */
export function readFatBootSector(head: ByteView): FatGeometry | undefined {
  const jump = head.u8(0);
  const sectorSize = head.u16le(11);
  const perCluster = head.u8(13);
  const reserved = head.u16le(14);
  const fatCount = head.u8(16);
  const media = head.u8(21);
  const isPlausible =
    head.u8(510) === 0x55 &&
    head.u8(511) === 0xaa &&
    (jump === 0xeb || jump === 0xe9) &&
    [512, 1024, 2048, 4096].includes(sectorSize) &&
    perCluster !== 0 &&
    (perCluster & (perCluster - 1)) === 0 &&
    reserved !== 0 &&
    (fatCount === 1 || fatCount === 2) &&
    (media === 0xf0 || media >= 0xf8);
  if (!isPlausible) return undefined;
  const isFat32 = head.u16le(22) === 0;
  const sectorsPerFat = isFat32 ? head.u32le(36) : head.u16le(22);
  const sectors = head.u16le(19) === 0 ? head.u32le(32) : head.u16le(19);
  const rootSectors = Math.ceil((head.u16le(17) * 32) / sectorSize);
  const rootSector = reserved + fatCount * sectorsPerFat;
  const clusterCount = Math.floor((sectors - rootSector - rootSectors) / perCluster);
  if (sectorsPerFat === 0 || clusterCount < 1 || (isFat32 && rootSectors !== 0)) return undefined;
  const flags = isFat32 ? head.u16le(40) : 0;
  return {
    // As Linux and Windows decide in practice: the field first, then the count.
    type: isFat32 ? 'fat32' : clusterCount < 4085 ? 'fat12' : 'fat16',
    sectorSize,
    clusterSize: perCluster * sectorSize,
    clusterCount,
    size: sectors * sectorSize,
    fatOffset: reserved * sectorSize,
    fatSize: sectorsPerFat * sectorSize,
    fatCount,
    activeFat: (flags & 0x80) === 0 ? undefined : flags & 0x0f,
    rootOffset: rootSector * sectorSize,
    rootSize: rootSectors * sectorSize,
    rootCluster: isFat32 ? head.u32le(44) : 0,
    dataOffset: (rootSector + rootSectors) * sectorSize,
    tailFields: isFat32 ? 64 : 36,
  };
}
