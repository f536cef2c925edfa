export const blockSize = 1024;
export const blocksPerGroup = 256;
const firstDataBlock = 1;

export interface ExtShape {
  readonly groups: number;
  /** Blocks missing in the last group. */
  readonly short?: number;
  readonly used?: readonly number[];
  /** Groups whose block bitmap was never written. */
  readonly unused?: readonly number[];
}

export interface ExtVolume {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The superblock's fields. */
  readonly superblock: DataView;
  readonly blocks: number;
  /** All blocks that must be in the map. */
  readonly needed: ReadonlySet<number>;
}

/**
 * Blocks of 1 KiB, 256 a group, sparse_super, uninit_bg, descriptors of 32 bytes. A group is: superblock and descriptors
 * where there is a copy, block bitmap at 20, inode bitmap at 21, inode table of 4 blocks at 22.
 */
export function extVolume({ groups, short = 0, used = [], unused = [] }: ExtShape): ExtVolume {
  const blocks = firstDataBlock + groups * blocksPerGroup - short;
  const bytes = new Uint8Array(blocks * blockSize + 300);
  const view = new DataView(bytes.buffer);
  const superblock = new DataView(bytes.buffer, 1024, 1024);
  const descriptorBlocks = Math.ceil((groups * 32) / blockSize);
  const set = (at: number, value: number) => superblock.setUint32(at, value, true);
  set(0, groups * 32);
  set(4, blocks);
  set(20, firstDataBlock);
  set(32, blocksPerGroup);
  set(36, blocksPerGroup);
  set(40, 32);
  superblock.setUint16(56, 0xef53, true);
  superblock.setUint16(58, 1, true);
  set(76, 1);
  superblock.setUint16(88, 128, true);
  set(92, 0x4);
  set(96, 0x2);
  set(100, 0x1 | 0x10);
  bytes.fill(0xab, 1024 + 104, 1024 + 120);
  bytes.set(new TextEncoder().encode('root'), 1024 + 120);

  const needed = new Set<number>([0]);
  for (let group = 0; group < groups; group += 1) {
    const first = firstDataBlock + group * blocksPerGroup;
    const end = Math.min(first + blocksPerGroup, blocks);
    const own = [20, 21, 22, 23, 24, 25].map((i) => first + i);
    if ([0, 1, 3, 5, 7, 9].includes(group)) {
      for (let i = 0; i <= descriptorBlocks; i += 1) own.push(first + i);
    }
    const inGroup = used.filter((block) => block >= first && block < end);
    const marked = new Set(unused.includes(group) ? [] : [...own, ...inGroup]);
    for (const block of [...own, ...marked]) needed.add(block);
    for (const block of marked) {
      const bit = block - first;
      const at = (first + 20) * blockSize + (bit >>> 3);
      bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7));
    }
    // A bitmap never written is garbage.
    if (unused.includes(group)) bytes.fill(0x5a, (first + 20) * blockSize, (first + 21) * blockSize);
    const at = 2 * blockSize + group * 32;
    view.setUint32(at, first + 20, true);
    view.setUint32(at + 4, first + 21, true);
    view.setUint32(at + 8, first + 22, true);
    view.setUint16(at + 12, end - first - marked.size, true);
    view.setUint16(at + 18, unused.includes(group) ? 2 : 0, true);
  }
  return { bytes, view, superblock, blocks, needed };
}
