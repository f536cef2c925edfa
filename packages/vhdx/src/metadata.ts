import { type ByteView, FormatError } from '@sysimage/bytes';
import { checkedId } from './header.js';
import { guidBytes, guidSize, readGuid } from './guid.js';
import { isDiskSize, isSectorSize, metadataSize, type VhdxLayout } from './layout.js';
import { decodeParentLocator, type VhdxParentLocator } from './parent-locator.js';

/** The metadata table; items lie behind it. */
export const metadataTableSize = 64 * 1024;
const entrySize = 32;
const mostEntries = 2047;
/** No known item is larger; one that claims to be is not worth the memory. */
const largestItem = 1024 * 1024;

const itemIds = {
  fileParameters: 'caa16737-fa36-4d43-b3b6-33f0aa44e76b',
  diskSize: '2fa54224-cd1b-4876-b211-5dbed83bf4b8',
  diskId: 'beca12ab-b2e6-4523-93ef-c309e000c746',
  sectorSize: '8141bf1d-a96f-4709-ba47-f233a8faab5f',
  physicalSectorSize: 'cda348c7-445d-4471-9cc9-e9885251c556',
  parentLocator: 'a8d35f2d-b30b-454d-abf7-d3d84834ab0c',
} as const;

export type ItemName = keyof typeof itemIds;
const itemNames: readonly ItemName[] = [
  'fileParameters',
  'diskSize',
  'diskId',
  'sectorSize',
  'physicalSectorSize',
  'parentLocator',
];

const required = 4;
const ofTheDisk = 2;

/** What the metadata region says ([MS-VHDX] 2.6). */
export interface Metadata {
  readonly blockSize: number;
  /** Every block has its place, now and always. */
  readonly isFixed: boolean;
  readonly diskSize: number;
  readonly sectorSize: number;
  readonly physicalSectorSize: number;
  /** 16 bytes: what the disk says of itself, SCSI page 83. */
  readonly diskId: Uint8Array;
  /** Present in differencing files only. */
  readonly parentLocator: VhdxParentLocator | undefined;
}

/** The metadata region of a file of ours. `diskId`: 16 bytes. */
export function encodeMetadata(layout: VhdxLayout, diskId: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(metadataSize);
  const view = new DataView(bytes.buffer);
  const items: readonly (readonly [ItemName, number, number])[] = [
    ['fileParameters', 8, required],
    ['diskSize', 8, required | ofTheDisk],
    ['diskId', guidSize, required | ofTheDisk],
    ['sectorSize', 4, required | ofTheDisk],
    ['physicalSectorSize', 4, required | ofTheDisk],
  ];
  bytes.set(Uint8Array.from('metadata', (character) => character.charCodeAt(0)));
  view.setUint16(10, items.length, true);
  let at = metadataTableSize;
  const places = items.map(([name, length, flags], index) => {
    const entry = entrySize * (index + 1);
    bytes.set(guidBytes(itemIds[name]) ?? [], entry);
    view.setUint32(entry + 16, at, true);
    view.setUint32(entry + 20, length, true);
    view.setUint32(entry + 24, flags, true);
    at += length;
    return at - length;
  });
  const [fileParameters = 0, diskSize = 0, id = 0, sectorSize = 0, physicalSectorSize = 0] = places;
  view.setUint32(fileParameters, layout.blockSize, true);
  view.setBigUint64(diskSize, BigInt(layout.diskSize), true);
  bytes.set(checkedId(diskId), id);
  view.setUint32(sectorSize, layout.sectorSize, true);
  view.setUint32(physicalSectorSize, 4096, true); // what nearly every disk of this size has; the logical ones are what counts
  return bytes;
}

/** Where an item lies, counted from the start of the region. */
export interface ItemPlace {
  readonly offset: number;
  readonly size: number;
}

/** Where the items are, by their GUIDs. `table`: the first 64 KiB of the region. Throws `FormatError`. */
export function decodeMetadataTable(table: ByteView, regionSize: number): ReadonlyMap<ItemName, ItemPlace> {
  if (table.latin1(0, 8) !== 'metadata') throw table.corrupt('the signature is missing');
  const count = table.u16le(10);
  if (count > mostEntries) throw table.corrupt(`${count} items are too many`, 10);
  const places = new Map<ItemName, ItemPlace>();
  for (let at = entrySize; at < entrySize * (count + 1); at += entrySize) {
    const id = readGuid(table, at);
    const place = { offset: table.u32le(at + 16), size: table.u32le(at + 20) };
    const name = itemNames.find((known) => itemIds[known] === id);
    if (name === undefined) {
      if ((table.u32le(at + 24) & required) !== 0) {
        throw new FormatError('unsupported', `the VHDX metadata item ${id} must be known`);
      }
      continue;
    }
    if (places.has(name)) throw table.corrupt(`item ${id} is there twice`, at);
    if (place.offset < metadataTableSize || place.size > largestItem || place.offset + place.size > regionSize) {
      throw table.corrupt(`no item lies at ${place.offset}, ${place.size} bytes long`, at);
    }
    places.set(name, place);
  }
  return places;
}

/** Reads the items themselves. `item` gives the bytes of one, `undefined` when there is none. Throws `FormatError`. */
export async function decodeMetadata(item: (name: ItemName) => Promise<ByteView | undefined>): Promise<Metadata> {
  const need = async (name: ItemName): Promise<ByteView> => {
    const view = await item(name);
    if (view === undefined) throw new FormatError('corrupt', `VHDX metadata: ${name} is missing`);
    return view;
  };
  const parameters = await need('fileParameters');
  const blockSize = parameters.u32le(0);
  if (blockSize < 2 ** 20 || blockSize > 2 ** 28 || (blockSize & (blockSize - 1)) !== 0) {
    throw parameters.corrupt(`${blockSize} is not a block size`);
  }
  const sector = await need('sectorSize');
  const sectorSize = sector.u32le(0);
  if (!isSectorSize(sectorSize)) throw sector.corrupt(`sectors of ${sectorSize} bytes`);
  const size = await need('diskSize');
  const diskSize = size.u64le(0);
  if (!isDiskSize(diskSize, sectorSize)) throw size.corrupt(`${diskSize} is not the size of a disk`);
  const hasParent = (parameters.u32le(4) & 2) !== 0;
  return {
    blockSize,
    isFixed: (parameters.u32le(4) & 1) !== 0,
    diskSize,
    sectorSize,
    physicalSectorSize: (await item('physicalSectorSize'))?.u32le(0) ?? sectorSize,
    diskId: (await need('diskId')).slice(0, guidSize).slice(),
    parentLocator: hasParent ? decodeParentLocator(await need('parentLocator')) : undefined,
  };
}
