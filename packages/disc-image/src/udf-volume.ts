import type { DiscIdentity } from './disc-identity.js';
import { sectorSize, viewOf } from './sector.js';
import {
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

/** Sectors of the fixed part of a UDF volume. */
export const mainSequence = 32;
export const reserveSequence = 48;
export const sequenceSectors = 16;
export const integritySequence = 64;
export const anchorSector = 256;
export const partitionStart = 257;

export interface UdfCounts {
  readonly files: number;
  readonly folders: number;
  readonly partitionSectors: number;
}

/** One of the two equal volume descriptor sequences (ECMA-167 3/8.4.2), at `sector`. */
export function volumeSequence(identity: DiscIdentity, counts: UdfCounts, sector: number): Uint8Array {
  const bytes = new Uint8Array(sequenceSectors * sectorSize);
  const descriptors: readonly (readonly [number, Uint8Array])[] = [
    [tags.primaryVolume, primaryVolume(identity)],
    [tags.implementationUse, implementationUse(identity)],
    [tags.partition, partition(counts)],
    [tags.logicalVolume, logicalVolume(identity)],
    [tags.unallocatedSpace, new Uint8Array(24)],
    [tags.terminating, new Uint8Array(512)],
  ];
  for (const [i, [tag, descriptor]] of descriptors.entries()) {
    // The sequence number of the descriptor; the terminator has none.
    if (tag !== tags.terminating) viewOf(descriptor).setUint32(16, i, true);
    bytes.set(sealTag(descriptor, tag, sector + i), i * sectorSize);
  }
  return bytes;
}

/** ECMA-167 3/10.2 */
export function anchor(sector: number): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = viewOf(bytes);
  for (const [i, sequence] of [mainSequence, reserveSequence].entries()) {
    view.setUint32(16 + 8 * i, sequenceSectors * sectorSize, true);
    view.setUint32(20 + 8 * i, sequence, true);
  }
  return sealTag(bytes, tags.anchor, sector);
}

/** ECMA-167 3/10.10 with the implementation use of OSTA UDF 2.2.6.4, and the terminator after it. */
export function integrity({ date }: DiscIdentity, { files, folders, partitionSectors }: UdfCounts): Uint8Array {
  const bytes = new Uint8Array(2 * sectorSize);
  const descriptor = bytes.subarray(0, 88 + 46);
  const view = viewOf(descriptor);
  putTime(descriptor, 16, date);
  // Closed: nothing will be written any more.
  view.setUint32(28, 1, true);
  view.setUint32(40, firstUniqueId + files + folders, true);
  view.setUint32(72, 1, true);
  view.setUint32(76, 46, true);
  view.setUint32(84, partitionSectors, true);
  putEntity(descriptor, 88, implementation);
  view.setUint32(120, files, true);
  view.setUint32(124, folders, true);
  for (const offset of [128, 130, 132]) view.setUint16(offset, 0x0102, true);
  sealTag(descriptor, tags.integrity, integritySequence);
  bytes.set(sealTag(new Uint8Array(512), tags.terminating, integritySequence + 1), sectorSize);
  return bytes;
}

/** OSTA UDF 3.2.1.1: 0 is the root, 1 to 15 are kept for the Macintosh. */
export const firstUniqueId = 16;

// ECMA-167 3/10.1
function primaryVolume({ volume, volumeSet, sequence, date }: DiscIdentity): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = viewOf(bytes);
  putText(bytes, 24, 32, volume);
  view.setUint16(56, sequence, true);
  view.setUint16(58, sequence, true);
  // Interchange level 3: the volume may be one of several of a set.
  view.setUint16(60, 3, true);
  view.setUint16(62, 3, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 1, true);
  putText(bytes, 72, 128, volumeSet);
  putCharacterSet(bytes, 200);
  putCharacterSet(bytes, 264);
  putEntity(bytes, 344, implementation);
  putTime(bytes, 376, date);
  putEntity(bytes, 388, implementation);
  return bytes;
}

// OSTA UDF 2.2.7
function implementationUse({ volume }: DiscIdentity): Uint8Array {
  const bytes = new Uint8Array(512);
  putEntity(bytes, 20, '*UDF LV Info', [0x02, 0x01]);
  putCharacterSet(bytes, 52);
  putText(bytes, 116, 128, volume);
  putEntity(bytes, 352, implementation);
  return bytes;
}

// ECMA-167 3/10.5
function partition({ partitionSectors }: UdfCounts): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = viewOf(bytes);
  view.setUint16(20, 1, true);
  bytes[24] = 0x02;
  putEntity(bytes, 24, '+NSR02');
  // Read only.
  view.setUint32(184, 1, true);
  view.setUint32(188, partitionStart, true);
  view.setUint32(192, partitionSectors, true);
  putEntity(bytes, 196, implementation);
  return bytes;
}

// ECMA-167 3/10.6
function logicalVolume({ volume, sequence }: DiscIdentity): Uint8Array {
  const bytes = new Uint8Array(446);
  const view = viewOf(bytes);
  putCharacterSet(bytes, 20);
  putText(bytes, 84, 128, volume);
  view.setUint32(212, sectorSize, true);
  putEntity(bytes, 216, '*OSTA UDF Compliant', domainSuffix);
  putLongExtent(bytes, 248, 2 * sectorSize, 0);
  view.setUint32(264, 6, true);
  view.setUint32(268, 1, true);
  putEntity(bytes, 272, implementation);
  view.setUint32(432, 2 * sectorSize, true);
  view.setUint32(436, integritySequence, true);
  bytes.set([1, 6], 440);
  view.setUint16(442, sequence, true);
  return bytes;
}
