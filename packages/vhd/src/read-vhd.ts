import { ByteView, FormatError, isFormatError, type ReadAt } from '@sysimage/bytes';
import { bitmapSizeOf, decodeDynamicHeader, type DynamicHeader } from './dynamic-header.js';
import { decodeFooter, ourCreator, type Footer, type VhdIdentity } from './footer.js';
import {
  dynamicHeaderSize,
  slotOfTableEntry,
  unallocatedEntry,
  vhdBlockSize,
  vhdLayout,
  vhdSectorSize,
  type VhdLayout,
} from './layout.js';

/** A VHD file, ours or another program's, as far as its header region and footer tell. */
export interface Vhd {
  readonly type: 'fixed' | 'dynamic';
  readonly diskSize: number;
  readonly blockSize: number;
  /** An entry for each block of the disk; empty in a fixed file, where the payload is the file itself. */
  readonly table: Uint32Array;
  readonly tableOffset: number;
  readonly identity: VhdIdentity;
  readonly creator: string;
  /** Present when the file is laid out as ours are, every block in a slot: only such a file may be changed in place. */
  readonly layout: VhdLayout | undefined;
  /** What is broken but could be read around, in words. */
  readonly problems: readonly string[];
}

/** No known program makes a larger table; one that claims to be is not worth the memory. */
const largestTable = 64 * 1024 * 1024;

/**
 * Reads any dynamic or fixed VHD; every field is checked. The footer at the end counts; when it is broken, its copy at
 * the start is used and `problems` says so. Throws `FormatError`: `unsupported` for differencing files.
 */
export async function readVhd(read: ReadAt, fileSize: number): Promise<Vhd> {
  if (!Number.isSafeInteger(fileSize) || fileSize < vhdSectorSize) {
    throw new FormatError('corrupt', `a file of ${fileSize} bytes is no VHD`);
  }
  const { footer, payloadEnd, problems } = await readFooter(read, fileSize);
  if (footer.dynamicHeader === undefined) return fixedVhd(footer, payloadEnd, problems);
  const header = await readDynamicHeader(read, footer.dynamicHeader, payloadEnd);
  const table = await readTable(read, footer, header, payloadEnd);
  return {
    type: 'dynamic',
    diskSize: footer.diskSize,
    blockSize: header.blockSize,
    table,
    tableOffset: header.tableOffset,
    identity: footer.identity,
    creator: footer.creator,
    layout: layoutOf(footer, header, table),
    problems,
  };
}

/** Offset in the file of a block's payload; `undefined` = not allocated, reads as zeros. */
export function blockDataOffset(vhd: Vhd, block: number): number | undefined {
  if (!Number.isSafeInteger(block) || block < 0 || block * vhd.blockSize >= vhd.diskSize) {
    throw new RangeError(`no block ${block} on a disk of ${vhd.diskSize} bytes`);
  }
  if (vhd.type === 'fixed') return block * vhd.blockSize;
  const entry = vhd.table[block];
  if (entry === undefined || entry === unallocatedEntry) return undefined;
  return entry * vhdSectorSize + bitmapSizeOf(vhd.blockSize);
}

interface FoundFooter {
  readonly footer: Footer;
  /** End of what may be payload: the footer, or the end of the file when there is none. */
  readonly payloadEnd: number;
  readonly problems: string[];
}

async function readFooter(read: ReadAt, fileSize: number): Promise<FoundFooter> {
  const last = fileSize - vhdSectorSize;
  const atEnd = await tryFooter(read, last);
  if ('footer' in atEnd) {
    const problems: string[] = [];
    if (atEnd.footer.type === 'dynamic') {
      const copy = await tryFooter(read, 0);
      if ('error' in copy) problems.push(`the copy of the footer is broken (${copy.error.message})`);
      else if (!sameBytes(copy.bytes, atEnd.bytes)) problems.push('the footer and its copy differ');
    }
    return { footer: atEnd.footer, payloadEnd: last, problems };
  }
  const copy = await tryFooter(read, 0);
  // A file that is sound but not for us must be refused with that reason, and not as a broken one.
  if ('error' in copy || atEnd.error.code === 'unsupported') throw atEnd.error;
  if (copy.footer.type === 'fixed') throw atEnd.error;
  return {
    footer: copy.footer,
    payloadEnd: fileSize,
    problems: [`the footer is broken (${atEnd.error.message}); its copy is used`],
  };
}

type TriedFooter = { readonly footer: Footer; readonly bytes: Uint8Array } | { readonly error: FormatError };

async function tryFooter(read: ReadAt, offset: number): Promise<TriedFooter> {
  const bytes = await read(offset, vhdSectorSize);
  try {
    return { footer: decodeFooter(new ByteView(bytes, 'VHD footer', offset)), bytes };
  } catch (error) {
    if (isFormatError(error)) return { error };
    throw error;
  }
}

function fixedVhd(footer: Footer, payloadEnd: number, problems: readonly string[]): Vhd {
  if (footer.diskSize > payloadEnd) {
    throw new FormatError('corrupt', `a disk of ${footer.diskSize} bytes is cut at ${payloadEnd}`, {
      offset: payloadEnd,
    });
  }
  return {
    type: 'fixed',
    diskSize: footer.diskSize,
    blockSize: vhdBlockSize,
    table: new Uint32Array(0),
    tableOffset: 0,
    identity: footer.identity,
    creator: footer.creator,
    layout: undefined,
    problems,
  };
}

async function readDynamicHeader(read: ReadAt, offset: number, payloadEnd: number): Promise<DynamicHeader> {
  if (offset < vhdSectorSize || offset + dynamicHeaderSize > payloadEnd) {
    throw new FormatError('corrupt', `VHD footer: no dynamic header fits at ${offset}`, { offset: 16 });
  }
  return decodeDynamicHeader(new ByteView(await read(offset, dynamicHeaderSize), 'VHD dynamic header', offset));
}

async function readTable(
  read: ReadAt,
  footer: Footer,
  header: DynamicHeader,
  payloadEnd: number,
): Promise<Uint32Array> {
  const { tableOffset, tableEntries, blockSize } = header;
  const blockCount = Math.ceil(footer.diskSize / blockSize);
  const corrupt = (message: string, offset: number): FormatError =>
    new FormatError('corrupt', `VHD block allocation table: ${message}`, { offset });
  if (tableEntries < blockCount) {
    throw corrupt(`${tableEntries} entries are too few for ${blockCount} blocks`, tableOffset);
  }
  if (tableOffset < vhdSectorSize || tableOffset % vhdSectorSize !== 0 || tableOffset + blockCount * 4 > payloadEnd) {
    throw corrupt(`${blockCount} entries do not fit at ${tableOffset} in the file`, tableOffset);
  }
  if (blockCount * 4 > largestTable) throw new FormatError('unsupported', `a table of ${blockCount} blocks`);
  const view = new ByteView(await read(tableOffset, blockCount * 4), 'VHD block allocation table', tableOffset);
  const table = Uint32Array.from({ length: blockCount }, (_, block) => view.u32be(block * 4));

  // Blocks must lie behind the table, inside the file and apart from each other.
  const stride = (bitmapSizeOf(blockSize) + blockSize) / vhdSectorSize;
  let free = Math.ceil((tableOffset + blockCount * 4) / vhdSectorSize);
  for (const entry of table.toSorted()) {
    if (entry === unallocatedEntry) break;
    if (entry < free || (entry + stride) * vhdSectorSize > payloadEnd) {
      throw corrupt(
        `the block at sector ${entry} overlaps another or leaves the file`,
        tableOffset + table.indexOf(entry) * 4,
      );
    }
    free = entry + stride;
  }
  return table;
}

function layoutOf(footer: Footer, header: DynamicHeader, table: Uint32Array): VhdLayout | undefined {
  const layout = vhdLayout(footer.diskSize);
  const alike =
    footer.creator === ourCreator &&
    header.blockSize === vhdBlockSize &&
    header.tableOffset === layout.tableOffset &&
    table.every((entry) => entry === unallocatedEntry || slotOfTableEntry(layout, entry) !== undefined);
  return alike ? layout : undefined;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
