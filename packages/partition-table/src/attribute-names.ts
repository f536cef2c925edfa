import { discoverableTypeNames } from './discoverable-type-names.js';
import type { Partition } from './partition.js';

/** Bits that mean the same for every type (UEFI specification 5.3.3, "Attributes"). */
const common: ReadonlyMap<number, string> = new Map([
  [0, 'required'],
  [1, 'no block I/O'],
  [2, 'legacy BIOS bootable'],
]);

/** Bits of Microsoft's types (`CREATE_PARTITION_PARAMETERS`, `GPT_BASIC_DATA_ATTRIBUTE_*`). */
const microsoft: ReadonlyMap<number, string> = new Map([
  [60, 'read-only'],
  [61, 'shadow copy'],
  [62, 'hidden'],
  [63, 'no drive letter'],
]);

/** Bits of the Discoverable Partitions Specification, "Partition Flags". */
const discoverable: ReadonlyMap<number, string> = new Map([
  [59, 'grows with its file system'],
  [60, 'read-only'],
  [63, 'not mounted by itself'],
]);

const microsoftTypes = new Set([
  'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
  'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC',
  'AF9B60A0-1431-4F62-BC68-3311714A69AD',
]);

/** Those of the specification that are the same for every architecture. */
const discoverableTypes = new Set([
  'BC13C2FF-59E6-4262-A352-B275FD6F7172',
  '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F',
  '933AC7E1-2EB4-4F13-B844-0E14E2AEF915',
  '3B8F8425-20E0-4F3B-907F-1A25A76F98E8',
  '4D21B016-B534-45C2-A9FB-5C16E091FD2D',
  '7EC6F557-3BC5-4ACA-B293-16EF5DF639D1',
]);

/** What the attributes of a GPT partition say, lowest bit first; a bit that nobody named is `bit 48`. Empty for MBR partitions. */
export function attributeNames({ type, attributes }: Pick<Partition, 'type' | 'attributes'>): readonly string[] {
  const bits = BigInt(`0x${attributes ?? '0'}`);
  const names = namesOf(type);
  return Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => ((bits >> BigInt(bit)) & 1n) === 1n)
    .map((bit) => common.get(bit) ?? names.get(bit) ?? `bit ${bit}`);
}

function namesOf(type: string): ReadonlyMap<number, string> {
  if (microsoftTypes.has(type)) return microsoft;
  return discoverableTypes.has(type) || discoverableTypeNames.has(type) ? discoverable : new Map();
}
