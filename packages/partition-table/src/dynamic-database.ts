import { ByteView, FormatError, isFormatError, type ReadAt } from '@sysimage/bytes';
import type { DynamicDisk } from './dynamic-disk.js';
import { decodeDynamicRecord, type DynamicRecord } from './dynamic-record.js';

/** More than that is no database: Windows makes it of 1 MiB, or of 2048 sectors. */
const mostBytes = 16 * 1024 * 1024;
const blockHeader = 16;
/** Windows makes them of 128 bytes. */
const leastBlock = 64;
/** Told of one database; more would say no more. */
const mostProblems = 20;
/** State of a record, and of the whole, that is not being changed. */
const settled = { record: 0, database: 1 };

export interface DynamicDatabase {
  readonly groupId: string;
  readonly groupName: string;
  /** Grows with every change: of several disks of a group the one with the highest is right. */
  readonly sequence: number;
  readonly records: readonly DynamicRecord[];
  /** What is broken but could be read around, or is being changed, in words. */
  readonly problems: readonly string[];
}

/**
 * Reads the database that every disk of a group has (Logical Disk Manager: `TOCBLOCK`, `VMDB`, `VBLK`). Errors: `FormatError` `corrupt`
 * when no copy of the table of contents is whole, or what it leads to is not; `unsupported` for other versions. Rejections of `read`
 * pass through. Reads at most 16 MiB.
 */
export async function readDynamicDatabase(
  read: ReadAt,
  { database, groupId }: DynamicDisk,
  sectorSize: number,
): Promise<DynamicDatabase> {
  const problems: string[] = [];
  const config = await findConfig(read, database, sectorSize, problems);
  const view = new ByteView(await read(config.start, config.end - config.start), 'dynamic disk database', config.start);
  if (view.latin1(0, 4) !== 'VMDB') throw view.corrupt('the signature is missing');
  const [major, minor] = [view.u16be(18), view.u16be(20)];
  if (major !== 4) throw new FormatError('unsupported', `version ${major}.${minor} of the database of dynamic disks`);
  const group = text(view, 53, 64).toLowerCase();
  if (group !== groupId) throw view.corrupt(`it is of the group ${group}, the disk of ${groupId}`, 53);
  if (view.u16be(16) !== settled.database) problems.push('the group was being changed');
  const records = readRecords(view, problems);
  checkCounts(view, records, problems);
  const told = problems.slice(0, mostProblems);
  if (problems.length > told.length) told.push(`and ${problems.length - told.length} more`);
  return { groupId, groupName: text(view, 22, 31), sequence: view.u64be(117), records, problems: told };
}

/** Where the records lie, as the first whole table of contents says. */
async function findConfig(
  read: ReadAt,
  { start, end }: DynamicDisk['database'],
  sectorSize: number,
  problems: string[],
): Promise<DynamicDisk['database']> {
  let first: FormatError | undefined;
  for (const offset of [start + sectorSize, start + 2 * sectorSize, end - 3 * sectorSize, end - 2 * sectorSize]) {
    if (offset < start || offset + sectorSize > end) continue;
    try {
      const view = new ByteView(await read(offset, sectorSize), 'dynamic disk contents', offset);
      const config = decodeContents(view, { start, end }, sectorSize);
      if (first !== undefined) problems.push(`the table of contents is broken (${first.message}); a copy is used`);
      return config;
    } catch (error) {
      if (!isFormatError(error)) throw error;
      first ??= error;
    }
  }
  throw first ?? new FormatError('corrupt', 'dynamic disk contents: no place in the database', { offset: start });
}

/** Two areas are named; what is in the other, the log, is for Windows alone. */
function decodeContents(
  view: ByteView,
  { start, end }: DynamicDisk['database'],
  sectorSize: number,
): DynamicDisk['database'] {
  if (view.latin1(0, 8) !== 'TOCBLOCK') throw view.corrupt('the signature is missing');
  for (const at of [36, 70]) {
    if (text(view, at, 10) !== 'config') continue;
    const from = start + view.u64be(at + 10) * sectorSize;
    const size = view.u64be(at + 18) * sectorSize;
    if (!Number.isSafeInteger(from + size) || size < 512 || size > mostBytes || from + size > end) {
      throw view.corrupt(`the records lie at [${from}, ${from + size}), the database ends at ${end}`, at);
    }
    return { start: from, end: from + size };
  }
  throw view.corrupt('it names no records');
}

/** What was found of one record. */
interface Pieces {
  readonly count: number;
  readonly parts: Map<number, ByteView>;
}

function readRecords(view: ByteView, problems: string[]): readonly DynamicRecord[] {
  const [blockSize, first] = [view.u32be(8), view.u32be(12)];
  if (blockSize < leastBlock || blockSize > 4096) throw view.corrupt(`blocks of ${blockSize} bytes`, 8);
  const pieces = new Map<number, Pieces>();
  for (let at = first; at + blockSize <= view.length; at += blockSize) {
    const block = view.view(at, blockSize);
    if (block.latin1(0, 4) !== 'VBLK') break;
    const [record, index, count] = [block.u32be(8), block.u16be(12), block.u16be(14)];
    // One that is free.
    if (count === 0) continue;
    const known = pieces.get(record) ?? { count, parts: new Map<number, ByteView>() };
    if (index >= count || known.count !== count || known.parts.has(index))
      throw block.corrupt(`piece ${index} of ${count} of record ${record} is one too many`, 12);
    known.parts.set(index, block.view(blockHeader, blockSize - blockHeader));
    pieces.set(record, known);
  }
  const records: DynamicRecord[] = [];
  for (const [number, { count, parts }] of pieces) {
    if (parts.size < count) throw view.corrupt(`record ${number} is not whole`);
    const record = joined([...parts].toSorted(([a], [b]) => a - b).map(([, part]) => part));
    try {
      if (record.u16be(0) !== settled.record) problems.push(`record ${number} was being changed`);
      const decoded = decodeDynamicRecord(record);
      if (decoded === undefined) problems.push(`record ${number} is of a kind that is not known`);
      else records.push(decoded);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      problems.push(`record ${number} makes no sense: ${error.message}`);
    }
  }
  return records;
}

function joined(parts: readonly ByteView[]): ByteView {
  return new ByteView(Uint8Array.from(parts.flatMap(({ bytes }) => [...bytes])), 'dynamic disk record');
}

/** The database says how many records of each kind are committed. */
function checkCounts(view: ByteView, records: readonly DynamicRecord[], problems: string[]): void {
  for (const [i, kind] of (['volume', 'component', 'part', 'disk'] as const).entries()) {
    const [wanted, found] = [view.u32be(133 + 4 * i), records.filter(({ record }) => record === kind).length];
    if (wanted !== found) problems.push(`${found} records of kind ${kind} are there, ${wanted} are counted`);
  }
}

function text(view: ByteView, offset: number, length: number): string {
  return view.latin1(offset, length).replace(/\0[^]*$/u, '');
}
