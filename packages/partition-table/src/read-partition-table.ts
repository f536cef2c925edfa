import { FormatError, type ReadAt } from '@sysimage/bytes';
import { ExtentSet, ExtentSetBuilder } from '@sysimage/extents';
import { checkPartitions } from './check-partitions.js';
import { gptPartitions } from './gpt-partitions.js';
import { protectiveType, readMbr, type Mbr } from './mbr.js';
import type { DiskShape, PartitionTable, TableProblem } from './partition-table.js';
import { readGpt } from './read-gpt.js';
import { readMbrPartitions } from './read-mbr-partitions.js';

/**
 * Reads the partition table of a disk of `size` bytes that counts in sectors of `sectorSize` bytes.
 * What can be read in spite of a fault is returned with `problems`. Throws `FormatError`: `corrupt` when the disk says it
 * has a GPT and both copies are broken, `unsupported` when the disk shape makes no sense. Rejections of `read` pass through.
 */
export async function readPartitionTable(read: ReadAt, disk: DiskShape): Promise<PartitionTable> {
  checkShape(disk);
  const none: PartitionTable = {
    scheme: 'none',
    id: undefined,
    sectorSize: disk.sectorSize,
    diskSize: disk.size,
    partitions: [],
    extents: ExtentSet.empty,
    problems: [],
  };
  if (disk.size < disk.sectorSize) return none;
  const mbr = readMbr(await read(0, disk.sectorSize), Math.floor(disk.size / disk.sectorSize));
  if (mbr === undefined) return none;
  // Without the protective entry a GPT is a leftover: Windows, Linux and firmware go by the MBR then.
  return mbr.entries.some(({ type }) => type === protectiveType)
    ? { ...none, ...(await gptTable(read, disk, mbr)) }
    : { ...none, ...(await mbrTable(read, disk, mbr)) };
}

type Found = Pick<PartitionTable, 'scheme' | 'id' | 'partitions' | 'extents' | 'problems'>;

async function mbrTable(read: ReadAt, disk: DiskShape, mbr: Mbr): Promise<Found> {
  const { partitions, ebrSectors, problems } = await readMbrPartitions(read, disk, mbr);
  return {
    scheme: 'mbr',
    id: mbr.signature === 0 ? undefined : mbr.signature.toString(16).padStart(8, '0'),
    partitions,
    extents: sectorRuns(
      disk,
      [0, ...ebrSectors].map((sector) => [sector, 1]),
    ),
    problems: [...problems, ...checkPartitions(partitions, disk.size)],
  };
}

async function gptTable(read: ReadAt, disk: DiskShape, mbr: Mbr): Promise<Found> {
  const gpt = await readGpt(read, disk);
  const { partitions, problems } = gptPartitions(gpt.main, disk.sectorSize);
  const hybrid: readonly TableProblem[] =
    mbr.entries.length > 1
      ? [{ code: 'hybrid-mbr', message: 'the MBR lists partitions besides the GPT', offset: 0 }]
      : [];
  const count = gpt.main.arraySectorCount;
  return {
    scheme: 'gpt',
    // What was never filled in tells no disk from another, as in an MBR.
    id: /[^0-]/u.test(gpt.main.diskId) ? gpt.main.diskId : undefined,
    partitions,
    // A broken copy counts at its usual place: whoever mends it writes there.
    extents: sectorRuns(disk, [
      [0, 2],
      [gpt.primary?.arraySector ?? 2, count],
      [gpt.backup?.arraySector ?? gpt.backupSector - count, count],
      [gpt.backupSector, 1],
    ]),
    problems: [...gpt.problems, ...hybrid, ...problems, ...checkPartitions(partitions, disk.size)],
  };
}

/** Runs of `[first sector, count]` as bytes, cut at the end of the disk. */
function sectorRuns({ size, sectorSize }: DiskShape, runs: readonly (readonly [number, number])[]): ExtentSet {
  const builder = new ExtentSetBuilder();
  for (const [first, count] of runs) {
    const start = Math.min(Math.max(first, 0) * sectorSize, size);
    builder.add(start, Math.max(start, Math.min((first + count) * sectorSize, size)));
  }
  return builder.build();
}

export function checkShape({ size, sectorSize }: DiskShape): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new FormatError('unsupported', `a disk of ${size} bytes`);
  if (![512, 1024, 2048, 4096].includes(sectorSize)) {
    throw new FormatError('unsupported', `a disk with sectors of ${sectorSize} bytes`);
  }
}
