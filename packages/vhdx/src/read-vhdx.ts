import { ByteView, FormatError, isFormatError, type ReadAt } from '@sysimage/bytes';
import { readTable, type BlockTable } from './block-table.js';
import { decodeHeader, headerSize, type Header } from './header.js';
import { ourCreator, type VhdxIdentity } from './header-region.js';
import {
  headerOffsets,
  logOffset,
  logSize,
  metadataOffset,
  regionTableOffsets,
  slotOfTableEntry,
  unallocatedEntry,
  vhdxLayout,
  vhdxUnit,
  type VhdxLayout,
} from './layout.js';
import { readLog, replayed, type LogReplay } from './log.js';
import { decodeMetadata, decodeMetadataTable, metadataTableSize, type Metadata } from './metadata.js';
import type { VhdxParentLocator } from './parent-locator.js';
import { decodeRegionTable, regionTableSize, type Regions } from './region-table.js';

/** A VHDX file, ours or another program's, as far as its header region tells. */
export interface Vhdx extends BlockTable {
  readonly type: 'fixed' | 'dynamic' | 'differencing';
  readonly diskSize: number;
  /** Logical sectors of the disk: 512 or 4096 bytes. */
  readonly sectorSize: number;
  readonly physicalSectorSize: number;
  readonly blockSize: number;
  readonly tableOffset: number;
  readonly identity: VhdxIdentity;
  readonly creator: string;
  /** How the parent is named; only in differencing files. */
  readonly parentLocator: VhdxParentLocator | undefined;
  /** Present when the file was not closed in order: what its log changes, which `openVhdxReader` heeds. */
  readonly replay: LogReplay | undefined;
  readonly fileSize: number;
  /** Present when the file is laid out as ours are, every block in a slot: only such a file may be changed in place. */
  readonly layout: VhdxLayout | undefined;
  /** What is broken but could be read around, in words. */
  readonly problems: readonly string[];
}

/**
 * Reads any VHDX; every field is checked. A log that was left is replayed in memory, and `problems` says so. Throws `FormatError`:
 * `unsupported` for what is sound and needs more than this room knows.
 */
export async function readVhdx(device: ReadAt, fileSize: number): Promise<Vhdx> {
  if (!Number.isSafeInteger(fileSize) || fileSize < vhdxUnit) {
    throw new FormatError('corrupt', `a file of ${fileSize} bytes is no VHDX`);
  }
  const creator = await readCreator(device);
  const problems: string[] = [];
  const header = await newestHeader(device, problems);
  const replay = await readLog(device, header, fileSize);
  if (replay !== undefined) problems.push('the file was not closed in order; its log is replayed in memory');
  const read = replayed(device, fileSize, replay);
  const size = replay?.fileSize ?? fileSize;
  const regions = await readRegions(read, size, problems);
  const metadata = await readMetadata(read, regions);
  const log = { offset: header.logOffset, size: header.logSize };
  const table = await readTable(read, metadata, regions, [log], size);
  const { parentLocator, blockSize, diskSize, sectorSize, physicalSectorSize, diskId } = metadata;
  const { sequenceNumber, fileWriteId, dataWriteId } = header;
  return {
    type: parentLocator !== undefined ? 'differencing' : metadata.isFixed ? 'fixed' : 'dynamic',
    diskSize,
    sectorSize,
    physicalSectorSize,
    blockSize,
    ...table,
    tableOffset: regions.table.offset,
    identity: { diskId, sequenceNumber, fileWriteId, dataWriteId },
    creator,
    parentLocator,
    replay,
    fileSize,
    layout: replay === undefined && creator === ourCreator ? layoutOf(header, regions, metadata, table) : undefined,
    problems,
  };
}

/** Offset in the file of a block's payload; `undefined` = none of its own, reads as zeros or as the parent. */
export function blockDataOffset(vhdx: Vhdx, block: number): number | undefined {
  const entry = vhdx.table[block];
  if (entry === undefined) throw new RangeError(`no block ${block} on a disk of ${vhdx.diskSize} bytes`);
  return entry === unallocatedEntry ? undefined : entry * vhdxUnit;
}

async function readCreator(read: ReadAt): Promise<string> {
  const view = new ByteView(await read(0, 8 + 512), 'VHDX file identifier');
  if (view.latin1(0, 8) !== 'vhdxfile') throw view.corrupt('the signature is missing');
  const units = Array.from({ length: 256 }, (_, index) => view.u16le(8 + index * 2));
  const end = units.indexOf(0);
  return String.fromCharCode(...(end === -1 ? units : units.slice(0, end)));
}

/** Of two headers the whole one with the larger number counts. */
async function newestHeader(read: ReadAt, problems: string[]): Promise<Header> {
  const headers: Header[] = [];
  const errors: FormatError[] = [];
  for (const offset of headerOffsets) {
    const bytes = await read(offset, headerSize);
    const header = attempt(() => decodeHeader(new ByteView(bytes, 'VHDX header', offset)));
    if (isFormatError(header)) errors.push(header);
    else headers.push(header);
  }
  const newest = headers.toSorted((a, b) => b.sequenceNumber - a.sequenceNumber)[0];
  const [error] = errors;
  // A file that is sound but not for us must be refused with that reason.
  if (error !== undefined && (newest === undefined || error.code === 'unsupported')) throw error;
  if (newest === undefined) throw new FormatError('corrupt', 'VHDX header: there is none');
  if (error !== undefined) problems.push(`one header is broken (${error.message}); the other is used`);
  return newest;
}

async function readRegions(read: ReadAt, fileSize: number, problems: string[]): Promise<Regions> {
  let first: FormatError | undefined;
  for (const offset of regionTableOffsets) {
    const bytes = await read(offset, regionTableSize);
    const regions = attempt(() => decodeRegionTable(new ByteView(bytes, 'VHDX region table', offset), fileSize));
    if (!isFormatError(regions)) {
      if (first !== undefined) problems.push(`the region table is broken (${first.message}); its copy is used`);
      return regions;
    }
    first ??= regions;
    if (regions.code === 'unsupported') throw regions;
  }
  throw first ?? new FormatError('corrupt', 'VHDX region table: there is none');
}

async function readMetadata(read: ReadAt, { metadata: { offset, size } }: Regions): Promise<Metadata> {
  const table = new ByteView(await read(offset, metadataTableSize), 'VHDX metadata', offset);
  const places = decodeMetadataTable(table, size);
  return decodeMetadata(async (name) => {
    const place = places.get(name);
    if (place === undefined) return undefined;
    return new ByteView(await read(offset + place.offset, place.size), `VHDX metadata ${name}`, offset + place.offset);
  });
}

/** A structure that breaks its rules becomes a value. */
function attempt<T>(decode: () => T): T | FormatError {
  try {
    return decode();
  } catch (error) {
    if (isFormatError(error)) return error;
    throw error;
  }
}

function layoutOf(
  header: Header,
  regions: Regions,
  metadata: Metadata,
  { table, states }: BlockTable,
): VhdxLayout | undefined {
  const layout = vhdxLayout({ size: metadata.diskSize, sectorSize: metadata.sectorSize });
  const alike =
    metadata.parentLocator === undefined &&
    !metadata.isFixed &&
    metadata.blockSize === layout.blockSize &&
    header.logOffset === logOffset &&
    header.logSize === logSize &&
    regions.metadata.offset === metadataOffset &&
    regions.table.offset === layout.tableOffset &&
    regions.table.size === layout.tableSize &&
    table.every((entry) => entry === unallocatedEntry || slotOfTableEntry(layout, entry) !== undefined) &&
    states.length === layout.blockCount;
  return alike ? layout : undefined;
}
