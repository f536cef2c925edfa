import type { DiskDestination, DiskSource } from '../src/contract/source.js';
import { SysimageError } from '../src/contract/errors.js';
import type { Extent } from '@sysimage/extents';

export const mebibyte = 1024 * 1024;

/** A disk of zeros with an MBR and its partitions, in sectors. */
export function mbrDisk(
  size: number,
  ...partitions: readonly { readonly start: number; readonly count: number }[]
): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(440, 0x5ca1ab1e, true);
  partitions.forEach(({ start, count }, slot) => {
    const at = 446 + slot * 16;
    view.setUint8(at + 4, 0x83);
    view.setUint32(at + 8, start, true);
    view.setUint32(at + 12, count, true);
  });
  view.setUint16(510, 0xaa55, true);
  return bytes;
}

/** Writes an ext2 volume of one group with nothing in it: enough for a reader of maps. `size`: 1 MiB to 128 MiB. */
export function putExt(disk: Uint8Array, at: number, size: number, state: 'clean' | 'dirty' = 'clean'): void {
  const view = new DataView(disk.buffer, disk.byteOffset + at);
  const blocks = size / 4096;
  const used = 8;
  const superblock = 1024;
  const words: readonly (readonly [number, number])[] = [
    [0, 16],
    [4, blocks],
    [12, blocks - used],
    [24, 2],
    [28, 2],
    [32, 32_768],
    [36, 32_768],
    [40, 16],
    [76, 1],
    [84, 11],
  ];
  for (const [offset, value] of words) view.setUint32(superblock + offset, value, true);
  view.setUint16(superblock + 56, 0xef53, true);
  view.setUint16(superblock + 58, state === 'clean' ? 1 : 0, true);
  view.setUint16(superblock + 88, 128, true);
  for (let i = 0; i < 16; i += 1) view.setUint8(superblock + 104 + i, i + 1);
  view.setUint32(4096, 2, true);
  view.setUint32(4100, 3, true);
  view.setUint32(4104, 4, true);
  view.setUint16(4108, blocks - used, true);
  for (let block = 0; block < 32_768; block += 1) {
    if (block >= used && block < blocks) continue;
    const byte = 8192 + (block >> 3);
    if (at + byte < disk.length) view.setUint8(byte, view.getUint8(byte) | (1 << (block & 7)));
  }
}

export interface FakeSource extends DiskSource {
  /** What was read, in order. */
  readonly reads: Extent[];
}

/** A disk that is an array. Reads that touch `bad` fail as a dying disk does; reads outside it fail the test. */
export function sourceOf(
  bytes: Uint8Array,
  extra: Partial<DiskSource> & { readonly bad?: readonly Extent[] } = {},
): FakeSource {
  const { bad = [], ...rest } = extra;
  const reads: Extent[] = [];
  return {
    path: 'disk.img',
    kind: 'file',
    size: bytes.length,
    sectorSize: 512,
    mounts: [],
    reads,
    read: async (offset, into) => {
      const end = offset + into.length;
      if (offset < 0 || end > bytes.length) throw new RangeError(`read ${offset} to ${end} of ${bytes.length}`);
      reads.push({ start: offset, end });
      if (bad.some((range) => offset < range.end && end > range.start)) {
        into.fill(0xbd);
        throw new SysimageError('corrupt', `cannot read at ${offset}`);
      }
      into.set(bytes.subarray(offset, end));
    },
    close: () => Promise.resolve(),
    ...rest,
  };
}

/** A disk that is an array, to be written over. */
export function destinationOf(bytes: Uint8Array, extra: Partial<DiskDestination> = {}): DiskDestination {
  return {
    path: '/dev/test',
    kind: 'device',
    size: bytes.length,
    sectorSize: 512,
    fresh: false,
    mounts: [],
    read: async (offset, into) => {
      if (offset + into.length > bytes.length) throw new RangeError('beyond the end');
      into.set(bytes.subarray(offset, offset + into.length));
    },
    write: () => Promise.reject(new Error('looking writes nothing')),
    flush: () => Promise.resolve(),
    forget: () => Promise.resolve(),
    close: () => Promise.resolve(),
    ...extra,
  };
}
