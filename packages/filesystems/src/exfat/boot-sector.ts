import type { ByteView } from '@sysimage/bytes';

/** Where things are on an exFAT volume, from its boot sector. Offsets and sizes in bytes. */
export interface ExfatGeometry {
  readonly sectorSize: number;
  readonly clusterSize: number;
  readonly clusterCount: number;
  readonly size: number;
  readonly fatOffset: number;
  readonly fatSize: number;
  /** 2 with TexFAT only. */
  readonly fatCount: number;
  /** The copy to go by, from 0. */
  readonly activeFat: number;
  readonly rootCluster: number;
  /** Where cluster 2 begins. */
  readonly heapOffset: number;
  readonly isDirty: boolean;
  readonly hasFailed: boolean;
}

export const isExfat = (head: ByteView): boolean => head.latin1(3, 8) === 'EXFAT   ';

const bootSectors = 11;

/** Microsoft exFAT specification, section 3.1. Throws `FormatError` when the fields or their checksum make no sense. */
export function readExfatBootSector(head: ByteView): ExfatGeometry {
  const check = (isRight: boolean, what: string, at: number) => {
    if (!isRight) throw head.corrupt(`exFAT boot sector: ${what} makes no sense`, at);
  };
  const [sectorShift, clusterShift] = [head.u8(108), head.u8(109)];
  check(sectorShift >= 9 && sectorShift <= 12, 'size of sectors', 108);
  check(clusterShift <= 25 - sectorShift, 'size of clusters', 109);
  const sectorSize = 2 ** sectorShift;
  check(head.u16le(510) === 0xaa55, 'signature', 510);
  check(checksum(head, sectorSize) === head.u32le(bootSectors * sectorSize), 'checksum', bootSectors * sectorSize);
  const [sectors, clusterCount] = [head.u64le(72), head.u32le(92)];
  const [fatSector, fatSectors, heapSector] = [head.u32le(80), head.u32le(84), head.u32le(88)];
  const [fatCount, flags] = [head.u8(110), head.u16le(106)];
  const sectorsPerCluster = 2 ** clusterShift;
  check(fatCount === 1 || fatCount === 2, 'number of FATs', 110);
  check(fatSector > bootSectors * 2 && fatSector + fatSectors * fatCount <= heapSector, 'place of the FAT', 80);
  check(clusterCount > 0 && (clusterCount + 2) * 4 <= fatSectors * sectorSize, 'number of clusters', 92);
  check(heapSector + clusterCount * sectorsPerCluster <= sectors, 'place of the clusters', 88);
  check(Number.isSafeInteger(sectors * sectorSize), 'number of sectors', 72);
  return {
    sectorSize,
    clusterSize: sectorSize * sectorsPerCluster,
    clusterCount,
    size: sectors * sectorSize,
    fatOffset: fatSector * sectorSize,
    fatSize: fatSectors * sectorSize,
    fatCount,
    activeFat: fatCount === 2 ? flags & 1 : 0,
    rootCluster: head.u32le(96),
    heapOffset: heapSector * sectorSize,
    isDirty: (flags & 2) !== 0,
    hasFailed: (flags & 4) !== 0,
  };
}

/** Section 3.4: over the first eleven sectors, without the fields that change while the volume is mounted. */
function checksum(head: ByteView, sectorSize: number): number {
  const bytes = head.slice(0, bootSectors * sectorSize);
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    if (i === 106 || i === 107 || i === 112) continue;
    sum = (((sum << 31) | (sum >>> 1)) + (bytes[i] ?? 0)) >>> 0;
  }
  return sum;
}
