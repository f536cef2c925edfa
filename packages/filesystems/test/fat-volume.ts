export interface FatShape {
  readonly bits: 12 | 16 | 32;
  readonly clusters: number;
  readonly sectorsPerCluster: number;
  readonly fats?: number;
}

export interface FatVolume {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly fatOffset: number;
  readonly fatSize: number;
  readonly rootOffset: number;
  readonly dataOffset: number;
  /** Writes an entry into one copy of the table. */
  readonly setEntry: (cluster: number, value: number, copy?: number) => void;
}

/** An empty FAT volume with sectors of 512 bytes; entry 0 and 1 as mkfs.fat writes them. */
export function fatVolume({ bits, clusters, sectorsPerCluster, fats = 2 }: FatShape): FatVolume {
  const reserved = bits === 32 ? 32 : 1;
  const rootEntries = bits === 32 ? 0 : 64;
  const fatSectors = Math.ceil(((clusters + 2) * bits) / 8 / 512);
  const rootOffset = (reserved + fats * fatSectors) * 512;
  const dataOffset = rootOffset + rootEntries * 32;
  // Odd sectors at the end, outside any cluster.
  const sectors = dataOffset / 512 + clusters * sectorsPerCluster + (sectorsPerCluster > 1 ? 1 : 0);
  const bytes = new Uint8Array(sectors * 512);
  const view = new DataView(bytes.buffer);
  bytes.set([0xeb, 0x3c, 0x90]);
  view.setUint16(11, 512, true);
  view.setUint8(13, sectorsPerCluster);
  view.setUint16(14, reserved, true);
  view.setUint8(16, fats);
  view.setUint16(17, rootEntries, true);
  view.setUint8(21, 0xf8);
  view.setUint32(32, sectors, true);
  if (bits === 32) {
    view.setUint32(36, fatSectors, true);
    view.setUint32(44, 2, true);
  } else view.setUint16(22, fatSectors, true);
  const fields = bits === 32 ? 64 : 36;
  view.setUint8(fields + 2, 0x29);
  view.setUint32(fields + 3, 0x1a2b3c4d, true);
  bytes.set(new TextEncoder().encode('NO NAME    '), fields + 7);
  view.setUint16(510, 0x55aa);
  const setEntry = (cluster: number, value: number, copy?: number) => {
    for (let i = 0; i < fats; i += 1) {
      if (copy !== undefined && copy !== i) continue;
      const base = reserved * 512 + i * fatSectors * 512;
      if (bits === 32) view.setUint32(base + cluster * 4, value, true);
      else if (bits === 16) view.setUint16(base + cluster * 2, value, true);
      else {
        const at = base + Math.floor((cluster * 3) / 2);
        const old = view.getUint16(at, true);
        view.setUint16(at, cluster % 2 === 0 ? (old & 0xf000) | value : (old & 0x000f) | (value << 4), true);
      }
    }
  };
  const ones = 2 ** (bits === 32 ? 28 : bits) - 1;
  setEntry(0, ones - 7);
  setEntry(1, ones);
  if (bits === 32) setEntry(2, ones);
  return { bytes, view, fatOffset: reserved * 512, fatSize: fatSectors * 512, rootOffset, dataOffset, setEntry };
}
