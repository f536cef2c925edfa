import { FormatError, type ReadAt } from '@sysimage/bytes';
import { extent, ExtentSet } from '@sysimage/extents';
import { placeGptHeader } from './gpt-header.js';
import { gptPartitions } from './gpt-partitions.js';
import { entriesOffset, entrySize, protectiveType, readMbr } from './mbr.js';
import type { DiskShape } from './partition-table.js';
import { readGpt, type Gpt } from './read-gpt.js';
import { checkShape } from './read-partition-table.js';

/** Bytes to write at an offset of the disk. */
export interface DiskWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * The writes, in order, that make a GPT disk valid when its bytes lie on a disk of `newSize` bytes: backup array and header at
 * the new end, primary array and header, protective MBR, then zeros over the old backup where no partition is. Empty
 * when the disk has no GPT. The new backup comes first, so that one good copy exists between any two writes.
 *
 * Throws `FormatError`: `corrupt` when both copies are broken, `unsupported` when a partition does not fit `newSize`.
 */
export async function moveBackupGpt(read: ReadAt, disk: DiskShape, newSize: number): Promise<readonly DiskWrite[]> {
  checkShape(disk);
  const { sectorSize } = disk;
  checkShape({ size: newSize, sectorSize });
  if (disk.size < sectorSize) return [];
  const sector0 = await read(0, sectorSize);
  const mbr = readMbr(sector0, Math.floor(disk.size / sectorSize));
  if (mbr === undefined || !mbr.entries.some(({ type }) => type === protectiveType)) return [];

  const gpt = await readGpt(read, disk);
  const { main } = gpt;
  const count = main.arraySectorCount;
  const last = Math.floor(newSize / sectorSize) - 1;
  const backupArray = last - count;
  const used = ExtentSet.from(
    gptPartitions(main, sectorSize).partitions.map(({ start, size }) => extent(start, start + size)),
  );
  if ((used.hull?.end ?? 0) > backupArray * sectorSize || backupArray < main.firstUsableSector) {
    throw new FormatError('unsupported', `the partitions do not fit a disk of ${newSize} bytes`);
  }
  // A good backup alone does not say where the primary array was; right after the header is where everyone puts it.
  const primaryArray = gpt.primary?.arraySector ?? 2;
  if (gpt.primary === undefined && primaryArray + count > main.firstUsableSector) {
    throw new FormatError('unsupported', 'there is no room for the primary entry array before the first partition');
  }
  const shared = { lastUsableSector: backupArray - 1 };
  const backup = placeGptHeader(main, { ...shared, headerSector: last, alternateSector: 1, arraySector: backupArray });
  const primary = placeGptHeader(main, {
    ...shared,
    headerSector: 1,
    alternateSector: last,
    arraySector: primaryArray,
  });
  return [
    { offset: backupArray * sectorSize, bytes: main.array },
    { offset: last * sectorSize, bytes: backup },
    { offset: primaryArray * sectorSize, bytes: main.array },
    { offset: sectorSize, bytes: primary },
    ...protectiveMbr(sector0, mbr.entries.length, last),
    ...zeroOldBackup(
      gpt,
      { size: Math.min(disk.size, newSize), sectorSize },
      used,
      extent(backupArray * sectorSize, (last + 1) * sectorSize),
    ),
  ];
}

/** The protective entry spans the disk, or as much as 32 bits can say. A hybrid MBR is somebody's work: left alone. */
function protectiveMbr(sector0: Uint8Array, entryCount: number, last: number): readonly DiskWrite[] {
  if (entryCount !== 1) return [];
  const bytes = sector0.slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let slot = 0; slot < 4; slot += 1) {
    const at = entriesOffset + slot * entrySize;
    if (bytes[at + 4] !== protectiveType) continue;
    view.setUint32(at + 12, Math.min(Math.max(last + 1 - view.getUint32(at + 8, true), 0), 0xffffffff), true);
  }
  return [{ offset: 0, bytes }];
}

function zeroOldBackup(
  gpt: Gpt,
  { sectorSize, size }: DiskShape,
  used: ExtentSet,
  moved: { readonly start: number; readonly end: number },
): readonly DiskWrite[] {
  const { backup, main } = gpt;
  // Without a good backup there is nothing to find again; its place may hold anything.
  if (backup === undefined) return [];
  const keep = used.union(
    ExtentSet.of(moved, extent(0, (gpt.primary?.arraySector ?? 2) * sectorSize + main.array.length)),
  );
  const old = ExtentSet.of(
    extent(backup.arraySector * sectorSize, (backup.arraySector + backup.arraySectorCount) * sectorSize),
    extent(backup.headerSector * sectorSize, (backup.headerSector + 1) * sectorSize),
  );
  return [...old.clip(0, size).subtract(keep)].map(({ start, end }) => ({
    offset: start,
    bytes: new Uint8Array(end - start),
  }));
}
