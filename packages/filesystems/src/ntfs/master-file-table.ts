import { ByteView } from '@sysimage/bytes';
import type { Volume } from '../volume.js';
import { attributeList, attributesOf, data, residentValue, type Attribute } from './attribute.js';
import type { NtfsGeometry } from './boot-sector.js';
import { clusterRuns, RunList } from './cluster-runs.js';
import { withFixups } from './fixups.js';
import { clusterStream, residentStream, type Stream } from './stream.js';

/** Windows stops at 256 KiB. */
const maxAttributeListSize = 256 * 1024;

/** The table of all files, $MFT. */
export interface MasterFileTable {
  readonly volume: Volume;
  readonly geometry: NtfsGeometry;
  readonly stream: Stream;
}

/** Opens $MFT through its own record, the first one. */
export async function openMasterFileTable(volume: Volume, geometry: NtfsGeometry): Promise<MasterFileTable> {
  const base = geometry.mftOffset;
  const record = withFixups(await volume.read(base, geometry.recordSize), 'FILE', 'NTFS $MFT', base);
  // The records that say where later parts of $MFT are lie in its earlier parts, so this list grows while it is read.
  const runs = new RunList(geometry.clusterCount);
  const first = attributesOf(record).find((part) => isPart(part, data, '') && part.lowestVcn === 0);
  if (first === undefined || first.isResident) throw record.corrupt('has no runs');
  const table = { volume, geometry, stream: clusterStream(volume, geometry, runs.all, first.view.u64le(48)) };
  for await (const part of partsOf(table, 0, record, data, '')) runs.append(part);
  return table;
}

/** A file record that is in use. Throws `FormatError` otherwise. */
export async function readRecord({ stream, geometry }: MasterFileTable, number: number): Promise<ByteView> {
  const offset = number * geometry.recordSize;
  const what = `NTFS file record ${number}`;
  const record = withFixups(await stream.read(offset, geometry.recordSize), 'FILE', what, offset);
  if ((record.u16le(22) & 1) === 0) throw record.corrupt('is not in use', 22);
  return record;
}

/** The stream of the attribute `type` called `name` in file `number`; `undefined` when the file has none. */
export async function openStream(
  table: MasterFileTable,
  number: number,
  type: number,
  name = '',
): Promise<Stream | undefined> {
  const record = await readRecord(table, number);
  const runs = new RunList(table.geometry.clusterCount);
  let size: number | undefined;
  for await (const part of partsOf(table, number, record, type, name)) {
    if (part.isResident) return residentStream(residentValue(part).bytes);
    size ??= part.view.u64le(48);
    runs.append(part);
  }
  return size === undefined ? undefined : clusterStream(table.volume, table.geometry, runs.all, size);
}

function isPart(attribute: Attribute, type: number, name: string): boolean {
  return attribute.type === type && attribute.name === name;
}

/** The parts of an attribute in order; they are spread over several records when there is an attribute list. */
export async function* partsOf(
  table: MasterFileTable,
  number: number,
  record: ByteView,
  type: number,
  name: string,
): AsyncGenerator<Attribute> {
  const attributes = attributesOf(record);
  const list = attributes.find((attribute) => attribute.type === attributeList);
  if (list === undefined) {
    yield* attributes.filter((attribute) => isPart(attribute, type, name));
    return;
  }
  for (const { owner, lowestVcn } of listEntries(await listBytes(table, list), type, name)) {
    const holder = owner === number ? attributes : attributesOf(await readRecord(table, owner));
    const part = holder.find((attribute) => isPart(attribute, type, name) && attribute.lowestVcn === lowestVcn);
    if (part === undefined) throw record.corrupt(`record ${owner} does not hold the part of it that it should`);
    yield part;
  }
}

async function listBytes({ volume, geometry }: MasterFileTable, list: Attribute): Promise<ByteView> {
  if (list.isResident) return residentValue(list);
  const size = list.view.u64le(48);
  if (size > maxAttributeListSize) throw list.view.corrupt(`attribute list of ${size} bytes`, 48);
  const stream = clusterStream(volume, geometry, clusterRuns(list, geometry.clusterCount), size);
  return new ByteView(await stream.read(0, size), 'NTFS attribute list');
}

function* listEntries(
  list: ByteView,
  type: number,
  name: string,
): Generator<{ readonly owner: number; readonly lowestVcn: number }> {
  let offset = 0;
  while (offset + 26 <= list.length) {
    const length = list.u16le(offset + 4);
    if (length < 26) throw list.corrupt(`entry of ${length} bytes`, offset);
    const entry = list.view(offset, length);
    const nameLength = entry.u8(6);
    let entryName = '';
    for (let i = 0; i < nameLength; i += 1) entryName += String.fromCharCode(entry.u16le(entry.u8(7) + i * 2));
    if (entry.u32le(0) === type && entryName === name) {
      // The upper 16 bits count how often the record was used.
      yield { owner: Number(entry.bits64le(16) & 0xffffffffffffn), lowestVcn: entry.u64le(8) };
    }
    offset += length;
  }
}
