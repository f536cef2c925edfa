import { ByteView, FormatError, type ReadAt } from '@sysimage/bytes';
import { checkedExtent, checkedName, createLimits } from './limits.js';
import type { FileExtent, FoundFile, OpenedDisc } from './opened-disc.js';
import { descriptorOf, readUdfVolume, unicodeOf, type UdfVolume } from './read-udf-volume.js';
import { sectorSize } from './sector.js';
import { tags } from './udf-structures.js';

interface Entry {
  readonly folder: boolean;
  readonly size: number;
  readonly extents: readonly FileExtent[];
}

interface Pending {
  readonly path: string;
  readonly block: number;
  readonly depth: number;
}

/** Reads UDF 1.02 to 2.01 without virtual, sparable or metadata partitions. */
export async function readUdf(read: ReadAt, size: number): Promise<OpenedDisc> {
  const volume = await readUdfVolume(read, size);
  const limits = createLimits();
  const files: FoundFile[] = [];
  const fileSet = await descriptorIn(read, volume, volume.fileSetBlock, 'file set');
  if (fileSet.u16le(0) !== tags.fileSet) throw fileSet.corrupt('no file set descriptor');
  const pending: Pending[] = [{ path: '', block: fileSet.u32le(404), depth: 0 }];
  // Grows while it is walked.
  for (const { path, block, depth } of pending) {
    const entry = await readEntry(read, size, volume, block);
    if (!entry.folder) {
      if (path === '') throw new FormatError('corrupt', 'disc: the root is no folder', { offset: 0 });
      files.push({ path, size: entry.size, extents: entry.extents });
      continue;
    }
    limits.folder(entry.size, depth, block);
    for (const { name, block: child } of await readFolder(read, entry)) {
      limits.entry();
      pending.push({ path: path === '' ? name : `${path}/${name}`, block: child, depth: depth + 1 });
    }
  }
  return { fileSystem: 'udf', volume: volume.volume, files };
}

function offsetOf({ partitionStart, partitionLength }: UdfVolume, block: number): number {
  if (block >= partitionLength) {
    throw new FormatError('corrupt', `disc: block ${block} lies beyond the partition`, {
      offset: partitionStart * sectorSize,
    });
  }
  return (partitionStart + block) * sectorSize;
}

async function descriptorIn(read: ReadAt, volume: UdfVolume, block: number, what: string): Promise<ByteView> {
  const offset = offsetOf(volume, block);
  return descriptorOf(await read(offset, sectorSize), what, offset, block);
}

// ECMA-167 4/14.9, and 4/14.17 from UDF 2.00 on
async function readEntry(read: ReadAt, size: number, volume: UdfVolume, block: number): Promise<Entry> {
  const entry = await descriptorIn(read, volume, block, 'file entry');
  const tag = entry.u16le(0);
  if (tag !== tags.fileEntry && tag !== tags.extendedFileEntry) throw entry.corrupt('no file entry');
  const extended = tag === tags.extendedFileEntry;
  if (entry.u16le(20) !== 4) throw new FormatError('unsupported', 'disc: UDF with a tree of entries', { offset: 0 });
  const length = entry.u64le(56);
  const start = (extended ? 216 : 176) + entry.u32le(extended ? 208 : 168);
  const descriptors = entry.view(start, entry.u32le(extended ? 212 : 172));
  // ICB flags (4/14.6.8): 0 short extents, 1 long ones, 3 the bytes themselves.
  const kind = entry.u16le(34) & 7;
  const extents: FileExtent[] = [];
  if (kind === 3) {
    extents.push({ offset: offsetOf(volume, block) + start, length: descriptors.length });
  } else if (kind === 0 || kind === 1) {
    const step = kind === 0 ? 8 : 16;
    for (let at = 0; at + step <= descriptors.length; at += step) {
      const word = descriptors.u32le(at);
      const bytes = word & 0x3fffffff;
      if (bytes === 0) break;
      // Type 0: recorded. Others are holes, or say where the list goes on.
      if (word >>> 30 !== 0) throw new FormatError('unsupported', 'disc: UDF with holes', { offset: 0 });
      extents.push(checkedExtent({ offset: offsetOf(volume, descriptors.u32le(at + 4)), length: bytes }, size));
    }
  } else {
    throw new FormatError('unsupported', 'disc: UDF with extended extents', { offset: 0 });
  }
  if (extents.reduce((sum, extent) => sum + extent.length, 0) !== length) {
    throw entry.corrupt('the extents are not as long as the file');
  }
  const type = entry.u8(27);
  if (type !== 4 && type !== 5) throw new FormatError('unsupported', `disc: UDF file of type ${type}`, { offset: 0 });
  return { folder: type === 4, size: length, extents };
}

// ECMA-167 4/14.4
async function readFolder(
  read: ReadAt,
  { extents, size }: Entry,
): Promise<readonly { readonly name: string; readonly block: number }[]> {
  // `checkedExtent` and the limits have seen to it that this is a real number of bytes.
  const bytes = new Uint8Array(size);
  let filled = 0;
  for (const { offset, length } of extents) {
    bytes.set(await read(offset, length), filled);
    filled += length;
  }
  const view = new ByteView(bytes, 'folder', extents[0]?.offset ?? 0);
  const found: { readonly name: string; readonly block: number }[] = [];
  for (let at = 0; at < size;) {
    if (view.u16le(at) !== tags.fileIdentifier) throw view.corrupt('no file identifier', at);
    const nameLength = view.u8(at + 19);
    const nameAt = at + 38 + view.u16le(at + 36);
    const flags = view.u8(at + 18);
    // Bit 2: deleted. Bit 3: the parent.
    if ((flags & 0b1100) === 0) {
      const name = unicodeOf(view.slice(nameAt, nameLength), nameAt);
      found.push({ name: checkedName(name, nameAt), block: view.u32le(at + 24) });
    }
    at = (nameAt + nameLength + 3) & ~3;
  }
  return found;
}
