import { open } from 'node:fs/promises';
import type { PhysicalDisk } from '@sysimage/core/plugin';

const ldmType = 0x42;
const gptType = 0xee;
const entryCount = 128;
// As they lie on the disk: the first three parts of a GUID are little-endian.
const ldmMetadata = 'aac808588f7ee04285d2e1e90434cfb3';
const ldmData = 'a0609baf3114624fbc683311714a69ad';

/** Whether Windows made this a dynamic disk: by the partition types, which is all that it takes. */
export async function isDynamic(path: string, sectorSize: number): Promise<PhysicalDisk['dynamic']> {
  const start = Buffer.alloc(2 * sectorSize + entryCount * 128);
  try {
    const handle = await open(path, 'r');
    try {
      const { bytesRead } = await handle.read(start, 0, start.byteLength, 0);
      return dynamicFrom(start.subarray(0, bytesRead), sectorSize);
    } finally {
      await handle.close();
    }
  } catch {
    return 'unknown';
  }
}

/** Judges the first sectors of a disk. */
export function dynamicFrom(start: Buffer, sectorSize: number): PhysicalDisk['dynamic'] {
  if (start.byteLength < 512) return 'unknown';
  if (start.readUInt16LE(510) !== 0xaa55) return 'no';
  const types = [446, 462, 478, 494].map((at) => start.readUInt8(at + 4));
  if (types.includes(ldmType)) return 'yes';
  if (!types.includes(gptType)) return 'no';
  const header = start.subarray(sectorSize, 2 * sectorSize);
  if (header.subarray(0, 8).toString('latin1') !== 'EFI PART') return 'no';
  const entries = Number(header.readBigUInt64LE(72)) * sectorSize;
  const size = header.readUInt32LE(84);
  if (size < 128) return 'no';
  for (let index = 0; index < Math.min(entryCount, header.readUInt32LE(80)); index += 1) {
    const type = start.subarray(entries + index * size, entries + index * size + 16).toString('hex');
    if (type === ldmMetadata || type === ldmData) return 'yes';
  }
  return 'no';
}
