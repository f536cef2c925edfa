import { ByteView, FormatError, type ReadAt } from '@sysimage/bytes';
import { readTable } from './block-table.js';
import { bitmapSizeOf, decodeDynamicHeader, type DynamicHeader } from './dynamic-header.js';
import { findFooter } from './find-footer.js';
import { ourCreator, type Footer, type VhdIdentity, type VhdType } from './footer.js';
import {
  dynamicHeaderSize,
  slotOfTableEntry,
  unallocatedEntry,
  vhdBlockSize,
  vhdLayout,
  vhdSectorSize,
  type VhdLayout,
} from './layout.js';
import { readParentLocator, type VhdParentLocator } from './parent-locator.js';

/** A VHD file, ours or another program's, as far as its header region and footer tell. */
export interface Vhd {
  readonly type: VhdType;
  readonly diskSize: number;
  readonly blockSize: number;
  /** An entry for each block of the disk; empty in a fixed file, where the payload is the file itself. */
  readonly table: Uint32Array;
  readonly tableOffset: number;
  readonly identity: VhdIdentity;
  readonly creator: string;
  /** The virtual machine was suspended when the file was written. wbadmin always says so. */
  readonly savedState: boolean;
  /** How the parent is named; only in differencing files. */
  readonly parentLocator: VhdParentLocator | undefined;
  /** Present when the file is laid out as ours are, every block in a slot: only such a file may be changed in place. */
  readonly layout: VhdLayout | undefined;
  /** What is broken but could be read around, in words. */
  readonly problems: readonly string[];
}

/**
 * Reads any VHD; every field is checked. The footer at the end counts; when it is broken, its copy at the start is used and
 * `problems` says so. Throws `FormatError`.
 */
export async function readVhd(read: ReadAt, fileSize: number): Promise<Vhd> {
  if (!Number.isSafeInteger(fileSize) || fileSize < vhdSectorSize) {
    throw new FormatError('corrupt', `a file of ${fileSize} bytes is no VHD`);
  }
  const { footer, payloadEnd, problems } = await findFooter(read, fileSize);
  if (footer.dynamicHeader === undefined) return fixedVhd(footer, payloadEnd, problems);
  const header = await readDynamicHeader(read, footer.dynamicHeader, payloadEnd);
  const table = await readTable(read, footer.diskSize, header, payloadEnd);
  const hasParent = footer.type === 'differencing';
  return {
    type: footer.type,
    diskSize: footer.diskSize,
    blockSize: header.blockSize,
    table,
    tableOffset: header.tableOffset,
    identity: footer.identity,
    creator: footer.creator,
    savedState: footer.savedState,
    parentLocator: hasParent ? await readParentLocator(read, header.parent, payloadEnd, problems) : undefined,
    layout: hasParent ? undefined : layoutOf(footer, header, table),
    problems,
  };
}

/** Offset in the file of a block's payload; `undefined` = not allocated, reads as zeros or as the parent. */
export function blockDataOffset(vhd: Vhd, block: number): number | undefined {
  if (!Number.isSafeInteger(block) || block < 0 || block * vhd.blockSize >= vhd.diskSize) {
    throw new RangeError(`no block ${block} on a disk of ${vhd.diskSize} bytes`);
  }
  if (vhd.type === 'fixed') return block * vhd.blockSize;
  const entry = vhd.table[block];
  if (entry === undefined || entry === unallocatedEntry) return undefined;
  return entry * vhdSectorSize + bitmapSizeOf(vhd.blockSize);
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
    savedState: footer.savedState,
    parentLocator: undefined,
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

function layoutOf(footer: Footer, header: DynamicHeader, table: Uint32Array): VhdLayout | undefined {
  const layout = vhdLayout(footer.diskSize);
  const alike =
    footer.creator === ourCreator &&
    header.blockSize === vhdBlockSize &&
    header.tableOffset === layout.tableOffset &&
    table.every((entry) => entry === unallocatedEntry || slotOfTableEntry(layout, entry) !== undefined);
  return alike ? layout : undefined;
}
