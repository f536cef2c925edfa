import { ByteView, FormatError } from '@sysimage/bytes';
import type { FileKind } from '../files/file-tree.js';
import type { Volume } from '../volume.js';
import { readBlockGroup } from './groups.js';
import type { ExtSuperblock } from './superblock.js';

/** A file as the table of inodes has it. */
export interface ExtInode {
  readonly number: number;
  readonly kind: FileKind;
  readonly size: number;
  readonly isEncrypted: boolean;
  readonly hasExtents: boolean;
  /** The bytes themselves, when they lie in the inode. */
  readonly inline: Uint8Array | undefined;
  /** The 60 bytes that say where the blocks are. */
  readonly map: ByteView;
}

const flags = { encrypted: 0x800, extents: 0x80000, inlineData: 0x10000000 } as const;
const mapAt = 40;
const mapSize = 60;
const classicSize = 128;
const attributeMagic = 0xea020000;
const systemIndex = 7;
const kinds: Readonly<Record<number, FileKind>> = { 4: 'directory', 8: 'file', 10: 'link' };

/** The inode `number`, from 1. Throws `FormatError` when there is none. */
export async function readInode(volume: Volume, superblock: ExtSuperblock, number: number): Promise<ExtInode> {
  const { inodesPerGroup, inodeSize, groupCount, blockSize } = superblock;
  const index = Math.floor((number - 1) / inodesPerGroup);
  if (number < 1 || index >= groupCount) throw new FormatError('corrupt', `ext: there is no inode ${number}`);
  const { inodeTable } = await readBlockGroup(volume, superblock, index);
  const offset = inodeTable * blockSize + ((number - 1) % inodesPerGroup) * inodeSize;
  const view = new ByteView(await volume.read(offset, inodeSize), `ext inode ${number}`, offset);
  const [mode, bits] = [view.u16le(0), view.u32le(32)];
  if (view.u16le(26) === 0) throw view.corrupt('is not in use', 26);
  const kind = kinds[mode >>> 12] ?? 'other';
  const size = view.u32le(4) + view.u32le(108) * 2 ** 32;
  if (!Number.isSafeInteger(size)) throw view.corrupt(`a file of ${size} bytes`, 108);
  return {
    number,
    kind,
    size,
    isEncrypted: (bits & flags.encrypted) !== 0,
    hasExtents: (bits & flags.extents) !== 0,
    inline: inlineBytes(view, kind, size, (bits & flags.inlineData) !== 0),
    map: view.view(mapAt, mapSize),
  };
}

function inlineBytes(view: ByteView, kind: FileKind, size: number, isMarked: boolean): Uint8Array | undefined {
  // Short paths of links have always been kept where the map is, without a mark.
  if (kind === 'link' && !isMarked) return size < mapSize ? view.slice(mapAt, size) : undefined;
  if (!isMarked) return undefined;
  const rest = systemData(view);
  const bytes = new Uint8Array(mapSize + rest.length);
  bytes.set(view.slice(mapAt, mapSize));
  bytes.set(rest, mapSize);
  return bytes.subarray(0, size);
}

/** What does not fit: the extended attribute `system.data` behind the classic inode. */
function systemData(view: ByteView): Uint8Array {
  if (view.length <= classicSize) return new Uint8Array(0);
  const start = classicSize + view.u16le(classicSize);
  if (start + 4 > view.length || view.u32le(start) !== attributeMagic) return new Uint8Array(0);
  const first = start + 4;
  for (let at = first; at + 16 <= view.length && view.u32le(at) !== 0;) {
    const nameLength = view.u8(at);
    if (view.u8(at + 1) === systemIndex && view.latin1(at + 16, nameLength) === 'data') {
      return view.slice(first + view.u16le(at + 2), view.u32le(at + 8));
    }
    at += 16 + Math.ceil(nameLength / 4) * 4;
  }
  return new Uint8Array(0);
}
