import { ByteView, FormatError, isFormatError, type ReadAt } from '@sysimage/bytes';
import { sectorSize } from './sector.js';
import { crc16, tagChecksum, tags } from './udf-structures.js';
import { anchorSector } from './udf-volume.js';

/** Where the partition is, and the file set in it. */
export interface UdfVolume {
  readonly partitionStart: number;
  /** Blocks. */
  readonly partitionLength: number;
  readonly fileSetBlock: number;
  readonly volume: string;
}

// Sequences are 16 sectors; a longer one is possible, and an endless one is hostile.
const longestSequence = 64;

/** The sector as a descriptor: what its tag says must be true (ECMA-167 3/7.2). `location` is what it must say of itself. */
export function descriptorOf(bytes: Uint8Array, what: string, offset: number, location: number): ByteView {
  const view = new ByteView(bytes, what, offset);
  if (view.u8(4) !== tagChecksum(view.slice(0, 16))) throw view.corrupt('the tag has a wrong checksum');
  const length = view.u16le(10);
  if (crc16(view.slice(16, length)) !== view.u16le(8)) throw view.corrupt('a wrong checksum');
  if (view.u32le(12) !== location) throw view.corrupt('the tag is of another place');
  return view;
}

export async function readUdfVolume(read: ReadAt, size: number): Promise<UdfVolume> {
  const last = Math.floor(size / sectorSize) - 1;
  let failure: FormatError | undefined;
  // ECMA-167 3/8.4.2.1: the anchor lies at two of these three.
  for (const sector of [anchorSector, last, last - 256]) {
    try {
      const anchor = await descriptorAt(read, sector, 'anchor');
      if (anchor.u16le(0) !== tags.anchor) continue;
      for (const extent of [16, 24]) {
        try {
          return await readSequence(read, anchor.u32le(extent + 4), Math.floor(anchor.u32le(extent) / sectorSize));
        } catch (error) {
          if (!isFormatError(error)) throw error;
          failure ??= error;
        }
      }
    } catch (error) {
      if (!isFormatError(error)) throw error;
    }
  }
  // Without an offset: there is no UDF here that could be broken.
  throw failure ?? new FormatError('unsupported', 'disc: no UDF volume');
}

async function descriptorAt(read: ReadAt, sector: number, what: string): Promise<ByteView> {
  const offset = sector * sectorSize;
  return descriptorOf(await read(offset, sectorSize), what, offset, sector);
}

// ECMA-167 3/8.4.2
async function readSequence(read: ReadAt, start: number, length: number): Promise<UdfVolume> {
  let partition: ByteView | undefined;
  let logical: ByteView | undefined;
  for (let sector = start; sector < start + Math.min(length, longestSequence); sector += 1) {
    const descriptor = await descriptorAt(read, sector, 'volume descriptor');
    const tag = descriptor.u16le(0);
    if (tag === tags.terminating) break;
    // Of several the one with the greatest number counts; later is greater on whatever is written once.
    if (tag === tags.partition) partition = descriptor;
    if (tag === tags.logicalVolume) logical = descriptor;
  }
  if (partition === undefined || logical === undefined) {
    throw new FormatError('corrupt', 'disc: a volume without partition', { offset: start * sectorSize });
  }
  if (logical.u32le(212) !== sectorSize) throw unsupported('blocks of another size than 2048');
  // One map of type 1 (3/10.7.2); UDF 1.50 and later can have virtual, sparable and metadata partitions.
  if (logical.u32le(268) !== 1 || logical.u8(440) !== 1) throw unsupported('a partition of another kind');
  if (logical.u16le(444) !== partition.u16le(22)) throw logical.corrupt('no such partition');
  return {
    partitionStart: partition.u32le(188),
    partitionLength: partition.u32le(192),
    fileSetBlock: logical.u32le(252),
    volume: textOf(logical.slice(84, 128)),
  };
}

function unsupported(what: string): FormatError {
  return new FormatError('unsupported', `disc: UDF with ${what}`, { offset: 0 });
}

function textOf(field: Uint8Array): string {
  const length = Math.min(field.at(-1) ?? 0, field.length - 1);
  return unicodeOf(field.subarray(0, length), 0);
}

/** OSTA UDF 2.1.1 */
export function unicodeOf(bytes: Uint8Array, offset: number): string {
  const [compression] = bytes;
  if (compression === undefined) return '';
  if (compression === 8) return String.fromCharCode(...bytes.subarray(1));
  if (compression !== 16 || bytes.length % 2 === 0) {
    throw new FormatError('corrupt', 'disc: a text in no known characters', { offset });
  }
  return String.fromCharCode(
    ...Array.from(
      { length: (bytes.length - 1) / 2 },
      (_, i) => ((bytes[1 + 2 * i] ?? 0) << 8) | (bytes[2 + 2 * i] ?? 0),
    ),
  );
}
