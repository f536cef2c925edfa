import { ByteView, type ReadAt } from '@sysimage/bytes';
import { hasBootSignature, isExtendedType, readMbrEntries, type Mbr, type MbrEntry } from './mbr.js';
import type { DiskShape, TableProblem } from './partition-table.js';
import { partitionTypeName } from './partition-type-name.js';
import type { Partition, PartitionKind } from './partition.js';

/** A real chain has one EBR a logical partition; Linux stops at 256 minors. */
const maxChainLength = 256;

export interface MbrPartitions {
  readonly partitions: readonly Partition[];
  /** Sector numbers of the EBRs. */
  readonly ebrSectors: readonly number[];
  readonly problems: readonly TableProblem[];
}

/** The primary partitions, and the logical ones of the first extended partition. */
export async function readMbrPartitions(read: ReadAt, disk: DiskShape, mbr: Mbr): Promise<MbrPartitions> {
  const primary = mbr.entries.map((entry) =>
    toPartition(entry, entry.slot + 1, 0, disk.sectorSize, isExtendedType(entry.type) ? 'extended' : 'primary'),
  );
  const [extended, second] = mbr.entries.filter((entry) => isExtendedType(entry.type));
  if (extended === undefined) return { partitions: primary, ebrSectors: [], problems: [] };
  const chain = await readChain(read, disk, extended.startSector);
  const problems = second === undefined ? chain.problems : [...chain.problems, secondExtended(second)];
  return { ...chain, partitions: [...primary, ...chain.partitions], problems };
}

/** Linux shows what is in it; sfdisk and Windows do not, so nobody knows how these would be numbered. */
function secondExtended({ slot }: MbrEntry): TableProblem {
  const message = `partition ${slot + 1} is a second extended one; what is in it is not looked for`;
  return { code: 'ebr-broken', message, offset: 0 };
}

/**
 * Follows the EBRs. The data entry counts from its own EBR, the link entry from the first one; they are told apart by
 * type, not by slot.
 */
async function readChain(read: ReadAt, disk: DiskShape, first: number): Promise<MbrPartitions> {
  const partitions: Partition[] = [];
  const ebrSectors: number[] = [];
  const problems: TableProblem[] = [];
  const visited = new Set<number>();
  let next: number | undefined = first;
  while (next !== undefined) {
    const ebr: number = next;
    const offset = ebr * disk.sectorSize;
    const report = (message: string) => problems.push({ code: 'ebr-broken', message, offset });
    if (ebr === 0 || visited.has(ebr)) {
      report(`the chain of logical partitions runs in a circle at sector ${ebr}`);
      break;
    }
    if (visited.size === maxChainLength) {
      report(`the chain of logical partitions is longer than ${maxChainLength}`);
      break;
    }
    if (offset + disk.sectorSize > disk.size) {
      report(`the chain of logical partitions goes on at sector ${ebr}, beyond the end of the disk`);
      break;
    }
    visited.add(ebr);
    const sector = new ByteView(await read(offset, 512), 'EBR', offset);
    if (!hasBootSignature(sector)) {
      report(`no extended boot record at sector ${ebr}`);
      break;
    }
    ebrSectors.push(ebr);
    const entries = readMbrEntries(sector);
    const [data, moreData] = entries.filter((entry) => !isExtendedType(entry.type));
    const [link, moreLinks] = entries.filter((entry) => isExtendedType(entry.type));
    if (moreData !== undefined || moreLinks !== undefined) {
      report(`the extended boot record at sector ${ebr} lists more than one logical partition`);
    }
    if (data !== undefined) {
      partitions.push(toPartition(data, 5 + partitions.length, ebr, disk.sectorSize, 'logical'));
    }
    next = link === undefined ? undefined : first + link.startSector;
  }
  return { partitions, ebrSectors, problems };
}

function toPartition(entry: MbrEntry, index: number, base: number, sectorSize: number, kind: PartitionKind): Partition {
  const type = entry.type.toString(16).padStart(2, '0');
  return {
    index,
    start: (base + entry.startSector) * sectorSize,
    size: entry.sectorCount * sectorSize,
    type,
    typeName: partitionTypeName(type),
    id: undefined,
    name: undefined,
    active: entry.active,
    attributes: undefined,
    kind,
  };
}
