import type { DiscIdentity } from './disc-identity.js';
import type { Folder, Leaf } from './disc-tree.js';
import { sectorSize, sectorsOf, viewOf } from './sector.js';
import {
  compressedUnicode,
  domainSuffix,
  implementation,
  putCharacterSet,
  putEntity,
  putLongExtent,
  putText,
  putTime,
  sealTag,
  tags,
} from './udf-structures.js';
import { firstUniqueId, partitionStart } from './udf-volume.js';

/** What lies at the start of the partition: file set, entries of folders and files, and the folders' own bytes. */
export interface UdfTree {
  readonly folders: readonly Folder[];
  readonly files: readonly Leaf[];
  /** Bytes of each folder. */
  readonly folderSizes: readonly number[];
  readonly sectors: number;
}

// Blocks 0 and 1: the file set descriptor and its terminator.
const firstEntry = 2;
// ECMA-167 4/14.14.1.1: the length of an extent has 30 bits, and all but the last end with a block.
const longestExtent = 0x3ffff800;
const filePermissions = 0x1084; // everybody reads (ECMA-167 4/14.9.5)
const folderPermissions = 0x14a5; // and enters

export function layOutUdfTree(folders: readonly Folder[], fileCount: number): UdfTree {
  const files = folders.flatMap((folder) => folder.files).toSorted((a, b) => a.index - b.index);
  const folderSizes = folders.map((folder) =>
    [...folder.folders, ...folder.files].reduce((sum, { name }) => sum + identifierLength(name), identifierLength('')),
  );
  const sectors = firstEntry + folders.length + fileCount + folderSizes.reduce((sum, size) => sum + sectorsOf(size), 0);
  return { folders, files, folderSizes, sectors };
}

/** The bytes of the tree, from the start of the partition. `sectorOf` tells where the bytes of a file are. */
export function udfTreeBytes(tree: UdfTree, identity: DiscIdentity, sectorOf: (leaf: Leaf) => number): Uint8Array {
  const { folders, files, folderSizes, sectors } = tree;
  const bytes = new Uint8Array(sectors * sectorSize);
  const put = (descriptor: Uint8Array, tag: number, block: number): void =>
    bytes.set(sealTag(descriptor, tag, block), block * sectorSize);
  put(fileSet(identity), tags.fileSet, 0);
  put(new Uint8Array(512), tags.terminating, 1);
  const numbers = new Map(folders.map((folder, i) => [folder, i]));
  const fileEntries = firstEntry + folders.length;
  let at = fileEntries + files.length;
  for (const [i, folder] of folders.entries()) {
    const size = folderSizes[i] ?? 0;
    const parent = numbers.get(folder.parent ?? folder) ?? 0;
    const identifiers = [
      identifier('', firstEntry + parent, uniqueIdOf(parent), parentFlag | folderFlag),
      ...folder.folders.map((child) => {
        const number = numbers.get(child) ?? 0;
        return identifier(child.name, firstEntry + number, uniqueIdOf(number), folderFlag);
      }),
      ...folder.files.map(({ name, index }) =>
        identifier(name, fileEntries + index, uniqueIdOf(folders.length + index), 0),
      ),
    ];
    let offset = at * sectorSize;
    for (const each of identifiers) {
      bytes.set(sealTag(each, tags.fileIdentifier, Math.floor(offset / sectorSize)), offset);
      offset += each.length;
    }
    const entry = { size, block: at, folder: true, links: folder.folders.length + 1, uniqueId: uniqueIdOf(i) };
    put(fileEntry(entry, identity.date), tags.fileEntry, firstEntry + i);
    at += sectorsOf(size);
  }
  for (const leaf of files) {
    const block = sectorOf(leaf) - partitionStart;
    const uniqueId = uniqueIdOf(folders.length + leaf.index);
    const entry = { size: leaf.size, block, folder: false, links: 1, uniqueId };
    put(fileEntry(entry, identity.date), tags.fileEntry, fileEntries + leaf.index);
  }
  return bytes;
}

function uniqueIdOf(number: number): number {
  return number === 0 ? 0 : firstUniqueId + number;
}

// ECMA-167 4/14.1
function fileSet({ volume, date }: DiscIdentity): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = viewOf(bytes);
  putTime(bytes, 16, date);
  view.setUint16(28, 3, true);
  view.setUint16(30, 3, true);
  view.setUint32(32, 1, true);
  view.setUint32(36, 1, true);
  putCharacterSet(bytes, 48);
  putText(bytes, 112, 128, volume);
  putCharacterSet(bytes, 240);
  putText(bytes, 304, 32, volume);
  putLongExtent(bytes, 400, sectorSize, firstEntry);
  putEntity(bytes, 416, '*OSTA UDF Compliant', domainSuffix);
  return bytes;
}

interface EntryFields {
  readonly size: number;
  readonly block: number;
  readonly folder: boolean;
  readonly links: number;
  readonly uniqueId: number;
}

// ECMA-167 4/14.9
function fileEntry({ size, block, folder, links, uniqueId }: EntryFields, date: Date): Uint8Array {
  const extents = Math.ceil(size / longestExtent);
  const bytes = new Uint8Array(176 + 8 * extents);
  const view = viewOf(bytes);
  // ICB tag (4/14.6): strategy 4, one entry, short extents.
  view.setUint16(20, 4, true);
  view.setUint16(24, 1, true);
  bytes[27] = folder ? 4 : 5;
  // No owner and no group (OSTA UDF 2.3.6.1).
  view.setUint32(36, 0xffffffff, true);
  view.setUint32(40, 0xffffffff, true);
  view.setUint32(44, folder ? folderPermissions : filePermissions, true);
  view.setUint16(48, links, true);
  view.setBigUint64(56, BigInt(size), true);
  view.setBigUint64(64, BigInt(sectorsOf(size)), true);
  for (const offset of [72, 84, 96]) putTime(bytes, offset, date);
  view.setUint32(108, 1, true);
  putEntity(bytes, 128, implementation);
  view.setUint32(160, uniqueId, true);
  view.setUint32(172, 8 * extents, true);
  for (let i = 0; i < extents; i += 1) {
    view.setUint32(176 + 8 * i, Math.min(longestExtent, size - i * longestExtent), true);
    view.setUint32(180 + 8 * i, block + (i * longestExtent) / sectorSize, true);
  }
  return bytes;
}

const folderFlag = 2;
const parentFlag = 8;

function identifierLength(name: string): number {
  return (38 + compressedUnicode(name).length + 3) & ~3;
}

// ECMA-167 4/14.4
function identifier(name: string, entryBlock: number, uniqueId: number, flags: number): Uint8Array {
  const bytes = new Uint8Array(identifierLength(name));
  const content = compressedUnicode(name);
  viewOf(bytes).setUint16(16, 1, true);
  bytes[18] = flags;
  bytes[19] = content.length;
  putLongExtent(bytes, 20, sectorSize, entryBlock, uniqueId);
  bytes.set(content, 38);
  return bytes;
}
