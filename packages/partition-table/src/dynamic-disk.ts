import { ByteView, FormatError, isFormatError, type ReadAt } from '@sysimage/bytes';
import type { PartitionTable } from './partition-table.js';

const mbrType = '42';
const metadataType = '5808C8AA-7E8F-42E0-85D2-E1E90434CFB3';
const dataType = 'AF9B60A0-1431-4F62-BC68-3311714A69AD';

const headerSize = 512;
const checksumOffset = 8;
/** Where the header is on an MBR disk. */
const mbrHeaderSector = 6;
/** The database has 1 MiB, in sectors of 512 bytes; a copy of the header lies at this one of them. */
const databaseSize = 1024 * 1024;
const copyOffset = 1856 * 512;

/** What a dynamic disk says of itself and of the group that it is one of (Logical Disk Manager, `PRIVHEAD`). */
export interface DynamicDisk {
  /** GUID of the disk in lower case, as it stands there; members of a group name each other by it. */
  readonly diskId: string;
  readonly groupId: string;
  /** Name of the group: usually that of the computer that made it, with `Dg0` behind it. */
  readonly groupName: string;
  /** What volumes may use, bytes of the disk. */
  readonly data: { readonly start: number; readonly end: number };
  /** The database of the group, bytes of the disk. */
  readonly database: { readonly start: number; readonly end: number };
  /** What is broken but could be read around, in words. */
  readonly problems: readonly string[];
}

/** True when Windows made this a dynamic disk, by its partition types: the bytes of its partitions are no volumes. */
export function isDynamicDisk({ scheme, partitions }: Pick<PartitionTable, 'scheme' | 'partitions'>): boolean {
  const types = scheme === 'gpt' ? [metadataType, dataType] : [mbrType];
  return partitions.some(({ type }) => types.includes(type));
}

/**
 * Reads the header of a dynamic disk; `undefined` when `table` is of no such disk. Throws `FormatError`: `corrupt` when no copy of
 * the header is whole (type 42 has had other owners), `unsupported` for versions before Windows 2000. Rejections of `read` pass through.
 */
export async function readDynamicDisk(read: ReadAt, table: PartitionTable): Promise<DynamicDisk | undefined> {
  if (!isDynamicDisk(table)) return undefined;
  const problems: string[] = [];
  let first: FormatError | undefined;
  for (const offset of headerPlaces(table)) {
    if (offset < 0 || offset + headerSize > table.diskSize) continue;
    const header = await tryHeader(read, offset, table);
    if (!isFormatError(header)) {
      if (first !== undefined) problems.push(`the header is broken (${first.message}); a copy is used`);
      return { ...header, problems };
    }
    if (header.code === 'unsupported') throw header;
    first ??= header;
  }
  throw first ?? new FormatError('corrupt', 'dynamic disk header: no place on the disk');
}

/** Offsets of the header and of its copies, best first. */
function headerPlaces({ scheme, partitions, sectorSize, diskSize }: PartitionTable): readonly number[] {
  if (scheme === 'gpt') {
    return partitions
      .filter(({ type }) => type === metadataType)
      .flatMap(({ start, size }) => [start + size - sectorSize, start + copyOffset]);
  }
  return [mbrHeaderSector * sectorSize, diskSize - databaseSize + copyOffset, diskSize - sectorSize];
}

async function tryHeader(
  read: ReadAt,
  offset: number,
  table: PartitionTable,
): Promise<Omit<DynamicDisk, 'problems'> | FormatError> {
  try {
    return decodeHeader(new ByteView(await read(offset, headerSize), 'dynamic disk header', offset), table);
  } catch (error) {
    if (isFormatError(error)) return error;
    throw error;
  }
}

/** Numbers are big-endian, sizes in sectors of the disk. */
function decodeHeader(view: ByteView, { sectorSize, diskSize }: PartitionTable): Omit<DynamicDisk, 'problems'> {
  if (view.latin1(0, 8) !== 'PRIVHEAD') throw view.corrupt('the signature is missing');
  if (view.u32be(checksumOffset) !== checksum(view)) throw view.corrupt('the checksum does not fit', checksumOffset);
  const version = view.u16be(12);
  if (version !== 2) throw new FormatError('unsupported', `version ${version} of the logical disk manager`);
  const range = (at: number, what: string): DynamicDisk['data'] => {
    const start = view.u64be(at) * sectorSize;
    const end = start + view.u64be(at + 8) * sectorSize;
    if (!Number.isSafeInteger(end) || end > diskSize || end === start) {
      throw view.corrupt(`${what} lies at [${start}, ${end}) of ${diskSize} bytes`, at);
    }
    return { start, end };
  };
  return {
    diskId: text(view, 0x30, 64).toLowerCase(),
    groupId: text(view, 0xb0, 64).toLowerCase(),
    groupName: text(view, 0xf0, 32),
    data: range(0x11b, 'the data'),
    database: range(0x12b, 'the database'),
  };
}

/** The sum of all bytes, those of the checksum counted as zero. */
function checksum(view: ByteView): number {
  let sum = 0;
  for (const byte of view.bytes) sum += byte;
  for (const byte of view.slice(checksumOffset, 4)) sum -= byte;
  return sum;
}

function text(view: ByteView, offset: number, length: number): string {
  return view.latin1(offset, length).replace(/\0[^]*$/u, '');
}
