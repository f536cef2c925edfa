import type { ByteView } from '@sysimage/bytes';

/** Where things are on an NTFS volume, from its boot sector. Sizes and offsets in bytes. */
export interface NtfsGeometry {
  readonly sectorSize: number;
  readonly clusterSize: number;
  readonly clusterCount: number;
  /** What the boot sector counts. The copy of the boot sector comes after it. */
  readonly size: number;
  readonly mftOffset: number;
  readonly mftMirrorOffset: number;
  readonly recordSize: number;
  readonly serial: bigint;
}

const maxClusterSize = 2 * 1024 * 1024;

/** The geometry; `undefined` when this is no NTFS boot sector. Throws `FormatError` when it is one that makes no sense. */
export function readNtfsBootSector(head: ByteView): NtfsGeometry | undefined {
  if (head.latin1(3, 8) !== 'NTFS    ') return undefined;
  const sectorSize = head.u16le(11);
  if (![256, 512, 1024, 2048, 4096].includes(sectorSize)) throw head.corrupt(`NTFS sectors of ${sectorSize} bytes`, 11);
  // Above 128 the byte is a negative power of two: clusters of more than 64 KiB.
  const perCluster = head.u8(13) > 0x80 ? 2 ** (256 - head.u8(13)) : head.u8(13);
  const clusterSize = sectorSize * perCluster;
  if (!isPowerOfTwo(perCluster) || clusterSize > maxClusterSize) {
    throw head.corrupt(`NTFS clusters of ${perCluster} sectors`, 13);
  }
  const recordUnits = head.i8(64);
  const recordSize = recordUnits < 0 ? 2 ** -recordUnits : recordUnits * clusterSize;
  if (!isPowerOfTwo(recordSize) || recordSize < 512 || recordSize > 65536) {
    throw head.corrupt(`NTFS file records of ${recordSize} bytes`, 64);
  }
  const sectors = head.u64le(40);
  const clusterCount = Math.floor(sectors / perCluster);
  const place = (at: number) => {
    const cluster = head.u64le(at);
    if (cluster === 0 || cluster >= clusterCount) throw head.corrupt(`NTFS cluster ${cluster} of ${clusterCount}`, at);
    return cluster * clusterSize;
  };
  return {
    sectorSize,
    clusterSize,
    clusterCount,
    size: sectors * sectorSize,
    mftOffset: place(48),
    mftMirrorOffset: place(56),
    recordSize,
    serial: head.bits64le(72),
  };
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}
