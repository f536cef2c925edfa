import { crc32c } from '../src/crc32c.js';
import { guidBytes, guidText } from '../src/guid.js';
import { vhdxLayout, vhdxUnit, type VhdxDisk, type VhdxPiece } from '../src/index.js';
import { chunkRatioOf, metadataOffset } from '../src/layout.js';
import { makeVhdx, type MadeFile } from './make-vhdx.js';

/** A block of a differencing file: all of it, or those of its sectors that the file has itself. */
export interface OwnBlock {
  readonly block: number;
  readonly payload: Uint8Array;
  /** Numbers of sectors in the block; `undefined`: all. */
  readonly sectors: readonly number[] | undefined;
}

/** A differencing VHDX, as another program would make it. `parentId`: 16 bytes, the parent's `dataWriteId`. */
export function makeDifferencing(
  disk: VhdxDisk,
  own: readonly OwnBlock[],
  parentId: Uint8Array,
  parentName: string,
  dataWriteId: Uint8Array,
): MadeFile {
  const layout = vhdxLayout(disk);
  const base = makeVhdx(
    disk,
    own.map(({ block, payload }) => [block, payload]),
  );
  const ratio = chunkRatioOf(layout.blockSize, disk.sectorSize);
  const bitmaps = new Map<number, { bytes: Uint8Array; place: number }>();
  const pieces: VhdxPiece[] = [...base.pieces];
  let end = base.size;
  for (const { block, sectors } of own) {
    if (sectors === undefined) continue;
    const chunk = Math.floor(block / ratio);
    const bitmap = bitmaps.get(chunk) ?? { bytes: new Uint8Array(vhdxUnit), place: end };
    if (!bitmaps.has(chunk)) end += vhdxUnit;
    bitmaps.set(chunk, bitmap);
    const first = ((block % ratio) * layout.blockSize) / disk.sectorSize;
    for (const sector of sectors) {
      const bit = first + sector;
      bitmap.bytes[bit >>> 3] = (bitmap.bytes[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
    const index = block + chunk;
    pieces.push({ offset: layout.tableOffset + index * 8, bytes: Uint8Array.of(7) });
    // The state only: the place beside it stays. Its lowest bits share the third byte and up.
  }
  for (const [chunk, { bytes, place }] of bitmaps) {
    const entry = new Uint8Array(8);
    new DataView(entry.buffer).setBigUint64(0, (BigInt(place / vhdxUnit) << 20n) | 6n, true);
    pieces.push({ offset: place, bytes });
    pieces.push({ offset: layout.tableOffset + (chunk * (ratio + 1) + ratio) * 8, bytes: entry });
  }
  pieces.push(...parentMetadata(parentId, parentName), ...headersWith(base, dataWriteId));
  return { pieces, size: end };
}

/** Says "has a parent" in the file parameters, and adds the item that names it. */
function parentMetadata(parentId: Uint8Array, parentName: string): readonly VhdxPiece[] {
  const texts = [
    ['parent_linkage', `{${guidText(parentId)}}`],
    ['relative_path', `.\\${parentName}`],
    ['absolute_win32_path', `C:\\images\\${parentName}`],
  ] as const;
  const item = new Uint8Array(4096);
  const view = new DataView(item.buffer);
  item.set(guidBytes('b04aefb7-d19e-4a81-b789-25b8e9445913') ?? [], 0);
  view.setUint16(18, texts.length, true);
  let at = 256;
  const put = (text: string): [number, number] => {
    const start = at;
    for (const character of text) {
      view.setUint16(at, character.charCodeAt(0), true);
      at += 2;
    }
    return [start, at - start];
  };
  texts.forEach(([key, value], index) => {
    const [keyAt, keySize] = put(key);
    const [valueAt, valueSize] = put(value);
    const entry = 20 + index * 12;
    view.setUint32(entry, keyAt, true);
    view.setUint32(entry + 4, valueAt, true);
    view.setUint16(entry + 8, keySize, true);
    view.setUint16(entry + 10, valueSize, true);
  });
  const row = new Uint8Array(32);
  const rowView = new DataView(row.buffer);
  row.set(guidBytes('a8d35f2d-b30b-454d-abf7-d3d84834ab0c') ?? [], 0);
  rowView.setUint32(16, 128 * 1024, true);
  rowView.setUint32(20, at, true);
  rowView.setUint32(24, 4, true);
  return [
    { offset: metadataOffset + 10, bytes: Uint8Array.of(6) },
    { offset: metadataOffset + 32 * 6, bytes: row },
    { offset: metadataOffset + 64 * 1024 + 4, bytes: Uint8Array.of(2) },
    { offset: metadataOffset + 128 * 1024, bytes: item },
  ];
}

function headersWith({ pieces }: MadeFile, dataWriteId: Uint8Array): readonly VhdxPiece[] {
  return pieces
    .filter(({ offset }) => offset === 64 * 1024 || offset === 128 * 1024)
    .map(({ offset, bytes }) => {
      const header = bytes.slice();
      header.set(dataWriteId, 32);
      new DataView(header.buffer).setUint32(4, crc32c(header, 4), true);
      return { offset, bytes: header };
    });
}
