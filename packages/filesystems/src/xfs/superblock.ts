import type { ByteView } from '@sysimage/bytes';
import { crc32c } from '../crc32c.js';

/** What the superblock of an XFS says, checked for sense. Offsets and sizes in bytes unless the name says otherwise. */
export interface XfsSuperblock {
  readonly blockSize: number;
  readonly blockCount: number;
  readonly sectorSize: number;
  readonly groupBlocks: number;
  readonly groupCount: number;
  /** Version 5: structures have checksums, an owner and their own address. */
  readonly hasChecksums: boolean;
  readonly logOffset: number;
  readonly logSize: number;
  readonly size: number;
  /** Why the space in use cannot be told from what is read here. */
  readonly noMapReason: string | undefined;
  readonly needsRepair: boolean;
}

const checksumAt = 224;
/** Features of version 5 that change nothing about where free space is recorded. */
const knownIncompatible = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80;
const knownReadOnlyCompatible = 0x1 | 0x2 | 0x4 | 0x8;
const needsRepair = 0x10;
const zoned = 0x200;
/** 1 PiB in the smallest groups mkfs makes by itself; keeps hostile numbers from becoming endless loops. */
const maxGroupCount = 1024 * 1024;

export const isXfs = (head: ByteView): boolean => head.length >= 4096 && head.latin1(0, 4) === 'XFSB';

/** Throws `FormatError` when the numbers make no sense. Fields as in the XFS Algorithms & Data Structures, 3rd edition. */
export function readXfsSuperblock(head: ByteView): XfsSuperblock {
  const check = (isRight: boolean, what: string, at: number) => {
    if (!isRight) throw head.corrupt(`XFS superblock: ${what} makes no sense`, at);
  };
  const version = head.u16be(100) & 0xf;
  check(version === 4 || version === 5, 'version', 100);
  const [blockSize, sectorSize] = [head.u32be(4), head.u16be(102)];
  check(blockSize === 2 ** head.u8(120) && blockSize >= 512 && blockSize <= 65536, 'size of blocks', 4);
  check(sectorSize === 2 ** head.u8(121) && sectorSize >= 512 && sectorSize <= 32768, 'size of sectors', 102);
  check(version === 4 || head.u32le(checksumAt) === headChecksum(head, sectorSize), 'checksum', checksumAt);
  const [blockCount, groupBlocks, groupCount] = [head.u64be(8), head.u32be(84), head.u32be(88)];
  check(groupBlocks >= 16 && groupBlocks * blockSize >= sectorSize * 4, 'size of allocation groups', 84);
  check(groupCount === Math.ceil(blockCount / groupBlocks) && groupCount <= maxGroupCount, 'number of groups', 88);
  check(Number.isSafeInteger(blockCount * blockSize), 'number of blocks', 8);
  const groupShift = head.u8(124);
  check(groupShift <= 32 && 2 ** groupShift >= groupBlocks && 2 ** groupShift < groupBlocks * 2, 'group shift', 124);
  const [logStart, logBlocks] = [head.u64be(48), head.u32be(96)];
  const logBlock = Math.floor(logStart / 2 ** groupShift) * groupBlocks + (logStart % 2 ** groupShift);
  check(logBlock + logBlocks <= blockCount && logBlocks > 0, 'place of the log', 48);
  return {
    blockSize,
    blockCount,
    sectorSize,
    groupBlocks,
    groupCount,
    hasChecksums: version === 5,
    logOffset: logBlock * blockSize,
    logSize: logBlocks * blockSize,
    size: blockCount * blockSize,
    noMapReason: noMapReason(head, version, logStart),
    needsRepair: version === 5 && (head.u32be(216) & needsRepair) !== 0,
  };
}

function headChecksum(head: ByteView, sectorSize: number): number {
  return crc32c(head.slice(0, sectorSize), checksumAt, checksumAt + 4);
}

function noMapReason(head: ByteView, version: number, logStart: number): string | undefined {
  const incompatible = version === 5 ? head.u32be(216) : 0;
  const readOnlyCompatible = version === 5 ? head.u32be(212) : 0;
  if ((incompatible & zoned) !== 0) return 'it is on zones';
  if ((incompatible & ~knownIncompatible) !== 0) return `it has features not known here (${incompatible.toString(16)})`;
  if ((readOnlyCompatible & ~knownReadOnlyCompatible) !== 0) {
    return `it has features not known here (read-only ${readOnlyCompatible.toString(16)})`;
  }
  if (logStart === 0) return 'its log is on another device';
  if (head.u64be(16) !== 0) return 'a part of it is on a real-time device';
  if (head.u8(126) !== 0) return 'its making was never finished';
  return undefined;
}
