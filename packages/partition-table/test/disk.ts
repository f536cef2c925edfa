import { crc32, type ReadAt } from '@sysimage/bytes';

/** A disk in memory: zeros, and the bytes tests write. */
export interface Disk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly read: ReadAt;
}

export function disk(bytes: Uint8Array): Disk {
  const read: ReadAt = async (offset, length) => {
    if (offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError(`read ${offset}+${length}`);
    return bytes.slice(offset, offset + length);
  };
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), read };
}

export interface Entry {
  readonly type: number;
  readonly start: number;
  readonly count: number;
  readonly active?: boolean;
}

/** Writes up to four entries and the signature into the MBR or EBR at `sector`. */
export function writeMbr(
  { view }: Disk,
  sector: number,
  entries: readonly (Entry | undefined)[],
  sectorSize = 512,
): void {
  const base = sector * sectorSize;
  entries.forEach((entry, slot) => {
    if (entry === undefined) return;
    const at = base + 446 + slot * 16;
    view.setUint8(at, entry.active === true ? 0x80 : 0);
    view.setUint8(at + 4, entry.type);
    view.setUint32(at + 8, entry.start, true);
    view.setUint32(at + 12, entry.count, true);
  });
  view.setUint16(base + 510, 0x55aa);
}

export interface GptEntry {
  readonly first: number;
  readonly last: number;
  readonly name?: string;
}

/** A GPT disk with `entries` of type "Linux filesystem", both copies good. */
export function gptDisk(sectors: number, entries: readonly GptEntry[], sectorSize = 512): Disk {
  const made = disk(new Uint8Array(sectors * sectorSize));
  writeMbr(made, 0, [{ type: 0xee, start: 1, count: sectors - 1 }], sectorSize);
  const arraySectors = (128 * 128) / sectorSize;
  const last = sectors - 1;
  for (const [header, alternate, array] of [
    [1, last, 2],
    [last, 1, last - arraySectors],
  ] as const) {
    entries.forEach((entry, index) => writeEntry(made, array * sectorSize + index * 128, entry, index));
    const at = header * sectorSize;
    made.bytes.set(new TextEncoder().encode('EFI PART'), at);
    made.view.setUint32(at + 8, 0x10000, true);
    made.view.setUint32(at + 12, 92, true);
    made.view.setBigUint64(at + 24, BigInt(header), true);
    made.view.setBigUint64(at + 32, BigInt(alternate), true);
    made.view.setBigUint64(at + 40, BigInt(2 + arraySectors), true);
    made.view.setBigUint64(at + 48, BigInt(last - arraySectors - 1), true);
    made.bytes.fill(0xd1, at + 56, at + 72);
    made.view.setBigUint64(at + 72, BigInt(array), true);
    made.view.setUint32(at + 80, 128, true);
    made.view.setUint32(at + 84, 128, true);
    seal(made, header, sectorSize);
  }
  return made;
}

/** Makes both CRCs of a header right again. */
export function seal({ bytes, view }: Disk, header: number, sectorSize = 512): void {
  const at = header * sectorSize;
  const array = Number(view.getBigUint64(at + 72, true)) * sectorSize;
  const length = view.getUint32(at + 80, true) * view.getUint32(at + 84, true);
  view.setUint32(at + 88, crc32(bytes.subarray(array, array + length)), true);
  view.setUint32(at + 16, 0, true);
  view.setUint32(at + 16, crc32(bytes.subarray(at, at + view.getUint32(at + 12, true))), true);
}

const linuxType = [0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4];

function writeEntry({ bytes, view }: Disk, at: number, entry: GptEntry, index: number): void {
  bytes.set(linuxType, at);
  bytes.fill(index + 1, at + 16, at + 32);
  view.setBigUint64(at + 32, BigInt(entry.first), true);
  view.setBigUint64(at + 40, BigInt(entry.last), true);
  const name = entry.name ?? '';
  for (let i = 0; i < name.length; i += 1) view.setUint16(at + 56 + i * 2, name.charCodeAt(i), true);
}
