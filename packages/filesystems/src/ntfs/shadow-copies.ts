import { ByteView } from '@sysimage/bytes';
import { ExtentSet } from '@sysimage/extents';
import type { OptionalContent } from '../file-system.js';
import { hexField } from '../text.js';
import { data } from './attribute.js';
import { openStream, readRecord, type MasterFileTable } from './master-file-table.js';
import { streamExtents } from './stream.js';

// The format of Volume Shadow Copy as libvshadow documents it; GUIDs as they lie on the disk.
const identifier = '6b87083876c1484eb7ae04046e6cc752';
const headerOffset = 0x1e00;
const catalogPointer = headerOffset + 48;
const catalogBlockSize = 16 * 1024;
const entrySize = 128;
const maxCatalogBlocks = 64;
const storeEntry = 3;

/**
 * The stores of a volume's own shadow copies, and what makes it a volume without any: a pointer to the catalogue of zero, as
 * before the first one. `undefined`: there are none, or they belong to another volume.
 */
export async function shadowCopies(table: MasterFileTable): Promise<OptionalContent | undefined> {
  const { volume } = table;
  const header = new ByteView(await volume.read(headerOffset, 512), 'shadow copy header', headerOffset);
  const isHere = hexField(header.slice(0, 16)) === identifier && header.u32le(20) === 1;
  const isOwn = hexField(header.slice(64, 16)) === hexField(header.slice(80, 16));
  const catalog = isHere && isOwn ? header.u64le(48) : 0;
  if (catalog === 0) return undefined;
  let extents = ExtentSet.empty;
  for await (const entry of catalogEntries(table, catalog)) {
    if (entry.u64le(0) === storeEntry) extents = extents.union(await storeExtents(table, entry));
  }
  if (extents.isEmpty) return undefined;
  return { name: 'shadow-copies', extents, overwrite: [{ offset: catalogPointer, bytes: new Uint8Array(8) }] };
}

async function* catalogEntries({ volume }: MasterFileTable, first: number): AsyncGenerator<ByteView> {
  let offset = first;
  for (let block = 0; offset !== 0; block += 1) {
    const view = new ByteView(await volume.read(offset, catalogBlockSize), 'shadow copy catalogue', offset);
    const isRight = hexField(view.slice(0, 16)) === identifier && view.u32le(20) === 2;
    if (!isRight || block === maxCatalogBlocks) throw view.corrupt('is not a catalogue');
    for (let at = entrySize; at < catalogBlockSize; at += entrySize) yield view.view(at, entrySize);
    offset = view.u64le(40);
  }
}

/** The clusters of the file that holds a store, which the catalogue names twice: by its record, and by where its header is. */
async function storeExtents(table: MasterFileTable, entry: ByteView): Promise<ExtentSet> {
  const reference = entry.bits64le(56);
  const number = Number(reference & 0xffffffffffffn);
  const record = await readRecord(table, number);
  if (record.u16le(16) !== Number(reference >> 48n)) throw entry.corrupt('names a record of another file', 56);
  const stream = await openStream(table, number, data);
  if (stream === undefined) throw entry.corrupt('names a file without data', 56);
  const extents = streamExtents(table.geometry, stream, 0);
  if (!extents.has(entry.u64le(32))) throw entry.corrupt('names a file that does not hold the store', 32);
  return extents;
}
