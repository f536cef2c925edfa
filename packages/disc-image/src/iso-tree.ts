import type { Folder, Leaf } from './disc-tree.js';
import type { Naming } from './iso-names.js';
import { sectorSize, sectorsOf, viewOf } from './sector.js';

interface IsoEntry {
  readonly id: Uint8Array;
  /** Number of the folder, or the file. */
  readonly of: number | Leaf;
}

interface IsoFolder {
  readonly id: Uint8Array;
  readonly parent: number;
  readonly entries: readonly IsoEntry[];
  readonly size: number;
  /** Sector, from the start of the tree. */
  readonly at: number;
}

/** Path tables and directories of one tree, laid out but not placed. */
export interface IsoTree {
  readonly folders: readonly IsoFolder[];
  readonly pathTableSize: number;
  readonly sectors: number;
}

const rootId = Uint8Array.of(0);
const parentId = Uint8Array.of(1);

export function layOutIsoTree(root: Folder, naming: Naming): IsoTree {
  // In the order of the path table (ECMA-119 6.9.1): by level, parent and identifier.
  const order: { readonly folder: Folder; readonly id: Uint8Array; readonly parent: number }[] = [
    { folder: root, id: rootId, parent: 0 },
  ];
  const found: { readonly id: Uint8Array; readonly parent: number; readonly entries: readonly IsoEntry[] }[] = [];
  for (let number = 0; number < order.length; number += 1) {
    const { folder, id, parent } = order[number] ?? { folder: root, id: rootId, parent: 0 };
    const children = folder.folders.map((child) => ({ child, id: naming.folder(child) }));
    children.sort((a, b) => compare(a.id, b.id));
    const entries: IsoEntry[] = folder.files.map((leaf) => ({ id: naming.file(leaf), of: leaf }));
    for (const { child, id: childId } of children) {
      entries.push({ id: childId, of: order.length });
      order.push({ folder: child, id: childId, parent: number });
    }
    entries.sort((a, b) => compare(a.id, b.id));
    found.push({ id, parent, entries });
  }
  const pathTableSize = found.reduce((sum, { id }) => sum + 8 + id.length + (id.length & 1), 0);
  let at = 2 * sectorsOf(pathTableSize);
  const folders = found.map((folder) => {
    const size = directorySize(folder.entries);
    const placed = { ...folder, size, at };
    at += size / sectorSize;
    return placed;
  });
  return { folders, pathTableSize, sectors: at };
}

/** The bytes of a tree that starts at sector `start`. `sectorOf` tells where the bytes of a file are. */
export function isoTreeBytes(
  { folders, pathTableSize, sectors }: IsoTree,
  start: number,
  date: Date,
  sectorOf: (leaf: Leaf) => number,
): Uint8Array {
  const bytes = new Uint8Array(sectors * sectorSize);
  for (const littleEndian of [true, false]) {
    let at = littleEndian ? 0 : sectorsOf(pathTableSize) * sectorSize;
    const view = viewOf(bytes);
    for (const { id, parent, at: sector } of folders) {
      // ECMA-119 9.4
      bytes[at] = id.length;
      view.setUint32(at + 2, start + sector, littleEndian);
      view.setUint16(at + 6, parent + 1, littleEndian);
      bytes.set(id, at + 8);
      at += 8 + id.length + (id.length & 1);
    }
  }
  for (const [number, folder] of folders.entries()) {
    let at = folder.at * sectorSize;
    const add = (record: Uint8Array): void => {
      if ((at % sectorSize) + record.length > sectorSize) at += sectorSize - (at % sectorSize);
      bytes.set(record, at);
      at += record.length;
    };
    const recordOfFolder = (id: Uint8Array, of: number): Uint8Array =>
      directoryRecord({ id, sector: start + (folders[of]?.at ?? 0), size: folders[of]?.size ?? 0, folder: true }, date);
    add(recordOfFolder(rootId, number));
    add(recordOfFolder(parentId, folder.parent));
    for (const { id, of } of folder.entries) {
      add(
        typeof of === 'number'
          ? recordOfFolder(id, of)
          : directoryRecord({ id, sector: sectorOf(of), size: of.size, folder: false }, date),
      );
    }
  }
  return bytes;
}

/** The record of the root, as volume descriptors hold it. */
export function rootRecord({ folders }: IsoTree, start: number, date: Date): Uint8Array {
  const [root] = folders;
  return directoryRecord({ id: rootId, sector: start + (root?.at ?? 0), size: root?.size ?? 0, folder: true }, date);
}

/** Writes a number in both byte orders (ECMA-119 7.3.3). */
export function both32(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value, true);
  view.setUint32(offset + 4, value, false);
}

export function both16(view: DataView, offset: number, value: number): void {
  view.setUint16(offset, value, true);
  view.setUint16(offset + 2, value, false);
}

interface RecordFields {
  readonly id: Uint8Array;
  readonly sector: number;
  readonly size: number;
  readonly folder: boolean;
}

// ECMA-119 9.1
function directoryRecord({ id, sector, size, folder }: RecordFields, date: Date): Uint8Array {
  const bytes = new Uint8Array(recordLength(id));
  const view = viewOf(bytes);
  bytes[0] = bytes.length;
  both32(view, 2, sector);
  both32(view, 10, size);
  bytes.set(
    [
      date.getUTCFullYear() - 1900,
      date.getUTCMonth() + 1,
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      date.getUTCSeconds(),
    ],
    18,
  );
  bytes[25] = folder ? 2 : 0;
  both16(view, 28, 1);
  bytes[32] = id.length;
  bytes.set(id, 33);
  return bytes;
}

function recordLength(id: Uint8Array): number {
  return 33 + id.length + (~id.length & 1);
}

function directorySize(entries: readonly IsoEntry[]): number {
  let at = 2 * recordLength(rootId);
  for (const { id } of entries) {
    const length = recordLength(id);
    // ECMA-119 6.8.1.1: a record ends in the sector where it starts.
    if ((at % sectorSize) + length > sectorSize) at += sectorSize - (at % sectorSize);
    at += length;
  }
  return sectorsOf(at) * sectorSize;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
