import type { ByteView } from '@sysimage/bytes';
import { crc32c } from '../crc32c.js';
import { hexField } from '../text.js';

export const superblockOffset = 64 * 1024;
export const superblockSize = 4096;
/** The mirrors of the superblock, where the device reaches that far. */
export const superblockOffsets = [superblockOffset, 64 * 1024 * 1024, 256 * 1024 ** 3];

/** What the superblock of a Btrfs says, checked for sense. Addresses are logical, sizes in bytes. */
export interface BtrfsSuperblock {
  readonly view: ByteView;
  /** What every block of a tree has in its header, in hex. */
  readonly metadataId: string;
  readonly sectorSize: number;
  readonly nodeSize: number;
  readonly root: TreeRoot;
  readonly chunkRoot: TreeRoot;
  readonly devices: number;
  readonly deviceId: number;
  readonly deviceSize: number;
  readonly bytesUsed: number;
  /** The chunks that hold the chunk tree: keys and items, one after the other. */
  readonly systemChunks: ByteView;
  readonly noMapReason: string | undefined;
  readonly uncleanReason: string | undefined;
}

/** Where a tree begins. */
export interface TreeRoot {
  readonly address: number;
  readonly level: number;
  readonly generation: number;
}

const metadataUuid = 0x400n;
const zoned = 0x1000n;
const extentTreeV2 = 0x2000n;
/** All but the above, and the stripe tree (0x4000), change nothing about where space in use is recorded. */
const knownIncompatible = (0x1fffn & ~zoned) | 0x10000n;
const knownReadOnlyCompatible = 0xfn;
const flags = { written: 1n, relocated: 2n, error: 4n, seeding: 1n << 32n } as const;
const checksumNames = ['crc32c', 'xxhash64', 'sha256', 'blake2b'];

export const isBtrfs = (head: ByteView): boolean =>
  head.length >= superblockOffset + superblockSize && head.latin1(superblockOffset + 64, 8) === '_BHRfS_M';

/** Throws `FormatError` when the numbers make no sense. */
export function readBtrfsSuperblock(head: ByteView): BtrfsSuperblock {
  const view = head.view(superblockOffset, superblockSize, 'Btrfs superblock');
  const check = (isRight: boolean, what: string, at: number) => {
    if (!isRight) throw view.corrupt(`${what} makes no sense`, at);
  };
  const checksumType = view.u16le(196);
  if (checksumType !== 0) {
    throw view.corrupt(`checksums of type ${checksumNames[checksumType] ?? checksumType} are not read here`, 196);
  }
  check(view.u32le(0) === crc32c(view.slice(32, superblockSize - 32)), 'checksum', 0);
  check(view.u64le(48) === superblockOffset, 'own address', 48);
  const [sectorSize, nodeSize] = [view.u32le(144), view.u32le(148)];
  check(sectorSize >= 4096 && sectorSize <= 65536 && isPowerOfTwo(sectorSize), 'size of sectors', 144);
  check(nodeSize >= sectorSize && nodeSize <= 65536 && isPowerOfTwo(nodeSize), 'size of tree blocks', 148);
  const chunksSize = view.u32le(160);
  check(chunksSize <= 2048, 'size of the array of chunks', 160);
  const hasMetadataId = (view.bits64le(188) & metadataUuid) !== 0n;
  return {
    view,
    metadataId: hexField(view.slice(hasMetadataId ? 571 : 32, 16)),
    sectorSize,
    nodeSize,
    root: { address: view.u64le(80), level: view.u8(198), generation: view.u64le(72) },
    chunkRoot: { address: view.u64le(88), level: view.u8(199), generation: view.u64le(164) },
    devices: view.u64le(136),
    deviceId: view.u64le(201),
    deviceSize: view.u64le(209),
    bytesUsed: view.u64le(120),
    systemChunks: view.view(811, chunksSize),
    noMapReason: noMapReason(view),
    uncleanReason: uncleanReason(view),
  };
}

function noMapReason(view: ByteView): string | undefined {
  const [incompatible, readOnlyCompatible, state] = [view.bits64le(188), view.bits64le(180), view.bits64le(56)];
  if (view.u64le(136) !== 1) return `it spans ${view.u64le(136)} devices`;
  if ((incompatible & zoned) !== 0n) return 'it is on zones';
  if ((incompatible & extentTreeV2) !== 0n) return 'it has the second version of the extent tree';
  if ((incompatible & ~knownIncompatible) !== 0n)
    return `it has features not known here (${incompatible.toString(16)})`;
  if ((readOnlyCompatible & ~knownReadOnlyCompatible) !== 0n) {
    return `it has features not known here (read-only ${readOnlyCompatible.toString(16)})`;
  }
  const known = flags.written | flags.relocated | flags.error | flags.seeding;
  return (state & ~known) === 0n ? undefined : `it is in a state not known here (${state.toString(16)})`;
}

/** Its trees are never overwritten, so only what was logged beside them since the last commit is unfinished. */
function uncleanReason(view: ByteView): string | undefined {
  if (view.u64le(96) !== 0) return 'log needs recovery';
  return (view.bits64le(56) & flags.error) === 0n ? undefined : 'errors noted';
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}
