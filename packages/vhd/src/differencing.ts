import type { ExtentSet } from '@sysimage/extents';
import { encodeDynamicHeader } from './dynamic-header.js';
import { encodeFooter, secondsOf, type VhdIdentity } from './footer.js';
import { encodeTable } from './header-region.js';
import {
  dynamicHeaderOffset,
  slotTableEntry,
  unallocatedEntry,
  vhdBlockSize,
  vhdLayout,
  vhdSectorSize,
  type VhdLayout,
} from './layout.js';
import { encodeParentName, locatorSize, locatorsOffset } from './parent-fields.js';
import { encodePath } from './parent-locator.js';

/** What a differencing file says of its parent. Given by the caller: a codec knows no files. */
export interface VhdParentReference {
  /** 16 bytes: the `uuid` in the parent's identity. */
  readonly uuid: Uint8Array;
  /** When the parent's file was last changed; kept in whole seconds, from 2000-01-01, which is what Windows says, to 2136. */
  readonly modifiedAt: Date;
  /** Name of the parent's file, 1 to 255 characters; Windows puts the absolute path here. */
  readonly name: string;
  /** From the folder of the differencing file, `.\parent.vhd`. */
  readonly relativePath: string;
  /** With a drive, `C:\images\parent.vhd`. Up to 2048 characters. */
  readonly absolutePath: string;
}

/** Unit in which a differencing file holds the disk: libvhdi misreads bitmaps in which a byte is neither all ones nor all zeros. */
export const differencingUnit = 8 * vhdSectorSize;

/** Where Windows puts the paths: the absolute one in front of the table, the relative one behind it. */
const absolutePathOffset = 4096;
const absolutePathSpace = 4096;
const tableOffset = absolutePathOffset + absolutePathSpace;
const relativePathSpace = 65536;

/** Where everything in a differencing file lies: known from the disk's size and from what differs, before a byte is read. */
export interface DifferencingPlan {
  /**
   * Slots as in any file of ours; in front of them:
   * ```
   * 0          512             4096            8192     …              firstBlock
   * | footer  | dynamic header | absolute path | table | relative path | slot 0 …
   * ```
   */
  readonly layout: VhdLayout;
  /** The bytes of the disk that the file holds itself: what was asked for, grown to whole `differencingUnit`s. */
  readonly own: ExtentSet;
  /** Numbers of the blocks that are there, in order: the i-th lies in slot i. */
  readonly blocks: readonly number[];
  readonly table: Uint32Array;
}

/** Plans a file that holds `own` of a disk and takes all else from its parent. Throws `RangeError`. */
export function planDifferencing(diskSize: number, own: ExtentSet): DifferencingPlan {
  const base = vhdLayout(diskSize);
  if ((own.hull?.end ?? 0) > diskSize) throw new RangeError(`bytes behind the end of a disk of ${diskSize} bytes`);
  const layout: VhdLayout = {
    ...base,
    tableOffset,
    firstBlock: relativePathOffset(base) + relativePathSpace,
  };
  const table = new Uint32Array(layout.blockCount).fill(unallocatedEntry);
  const blocks: number[] = [];
  for (const run of own.alignOut(vhdBlockSize)) {
    for (let block = run.start / vhdBlockSize; block < run.end / vhdBlockSize; block += 1) {
      table[block] = slotTableEntry(layout, blocks.length);
      blocks.push(block);
    }
  }
  return { layout, own: own.alignOut(differencingUnit).clip(0, diskSize), blocks, table };
}

/** The bytes `[0, firstBlock)` of a differencing file. */
export function encodeDifferencingRegion(
  { layout, table }: DifferencingPlan,
  identity: VhdIdentity,
  parent: VhdParentReference,
): Uint8Array {
  if (parent.uuid.length !== 16) throw new RangeError(`a UUID has 16 bytes, not ${parent.uuid.length}`);
  const bytes = new Uint8Array(layout.firstBlock);
  const absolute = encodePath(parent.absolutePath, absolutePathSpace);
  const relative = encodePath(parent.relativePath, relativePathSpace);
  const header = encodeDynamicHeader(layout, (fields) => {
    const view = new DataView(fields.buffer);
    fields.set(parent.uuid, 40);
    view.setUint32(56, secondsOf(parent.modifiedAt));
    encodeParentName(fields, parent.name);
    setLocator(view, 0, 0x5732_6b75, absolutePathSpace, absolute.length, absolutePathOffset); // W2ku
    setLocator(view, 1, 0x5732_7275, relativePathSpace, relative.length, relativePathOffset(layout)); // W2ru
  });
  bytes.set(encodeFooter(layout.diskSize, identity, 'differencing'), 0);
  bytes.set(header, dynamicHeaderOffset);
  bytes.set(absolute, absolutePathOffset);
  bytes.set(encodeTable(layout, table), layout.tableOffset);
  bytes.set(relative, relativePathOffset(layout));
  return bytes;
}

/** The sector bitmap of a block: ones for what the file holds itself, always eight at a time, highest bit first. */
export function differencingBitmap({ own }: DifferencingPlan, block: number): Uint8Array {
  const bitmap = new Uint8Array(vhdSectorSize);
  const start = block * vhdBlockSize;
  for (const run of own.within(start, start + vhdBlockSize)) {
    bitmap.fill(0xff, (run.start - start) / differencingUnit, Math.ceil((run.end - start) / differencingUnit));
  }
  return bitmap;
}

function relativePathOffset(layout: VhdLayout): number {
  return Math.ceil((tableOffset + layout.tableSize) / 4096) * 4096;
}

/** Space is told in bytes, as Windows does, though the specification says sectors. */
function setLocator(
  view: DataView,
  index: number,
  platform: number,
  space: number,
  size: number,
  offset: number,
): void {
  const at = locatorsOffset + index * locatorSize;
  view.setUint32(at, platform);
  view.setUint32(at + 4, space);
  view.setUint32(at + 8, size);
  view.setBigUint64(at + 16, BigInt(offset));
}
