import type { ByteView } from '@sysimage/bytes';

const namesAtByte3 = new Set(['NTFS    ', 'EXFAT   ', '-FVE-FS-']);

/**
 * True when sector 0 is the boot sector of a file system that fills the whole disk. It ends in 55 AA like an MBR, and the
 * boot code where the partition entries would be must not be taken for partitions.
 */
export function isFileSystemBootSector(sector: ByteView): boolean {
  if (namesAtByte3.has(sector.latin1(3, 8))) return true;
  return isFatBootSector(sector);
}

/** Microsoft FAT specification, "Boot sector and BPB". Boot loaders of an MBR leave at least one of these fields zero. */
function isFatBootSector(sector: ByteView): boolean {
  const jump = sector.u8(0);
  const bytesPerSector = sector.u16le(11);
  const sectorsPerCluster = sector.u8(13);
  const fatCount = sector.u8(16);
  const media = sector.u8(21);
  return (
    (jump === 0xeb || jump === 0xe9) &&
    [512, 1024, 2048, 4096].includes(bytesPerSector) &&
    sectorsPerCluster !== 0 &&
    (sectorsPerCluster & (sectorsPerCluster - 1)) === 0 &&
    sector.u16le(14) !== 0 &&
    (fatCount === 1 || fatCount === 2) &&
    (media === 0xf0 || media >= 0xf8) &&
    (sector.u16le(22) !== 0 || sector.u32le(36) !== 0) &&
    (sector.u16le(19) !== 0 || sector.u32le(32) !== 0)
  );
}
