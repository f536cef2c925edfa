import { FormatError, type ByteView } from '@sysimage/bytes';
import { filesOf, type Files } from '../files/files.js';
import type { FileKind } from '../files/file-tree.js';
import type { Volume } from '../volume.js';
import { attributesOf, data, reparsePoint, residentValue, standardInformation } from './attribute.js';
import { readNtfsBootSector } from './boot-sector.js';
import { indexEntries } from './directory.js';
import { fileSize, openFileData } from './file-data.js';
import { openMasterFileTable, openStream, readRecord, type MasterFileTable } from './master-file-table.js';

const rootDirectory = 5;
const upperCaseRecord = 10;
const upperCaseSize = 128 * 1024;
const directoryFlag = 2;
const compressedFlag = 0x800;
/** Mount points and symbolic links. Other tags mean that the data is elsewhere: compressed by another driver, in a cloud. */
const linkTags = [0xa0000003, 0xa000000c];

interface NtfsNode {
  readonly record: number;
  readonly sequence: number | undefined;
}

/** Opens the files of an NTFS volume; `undefined` when it is none. */
export async function openNtfsFiles(volume: Volume, head: ByteView): Promise<Files | undefined> {
  const geometry = readNtfsBootSector(head);
  if (geometry === undefined) return undefined;
  const table = await openMasterFileTable(volume, geometry);
  const upperCase = await readUpperCase(table);
  const fold = (name: string) =>
    Array.from({ length: name.length }, (_, i) => {
      const unit = name.charCodeAt(i);
      return String.fromCharCode(upperCase[unit] ?? unit);
    }).join('');
  return filesOf<NtfsNode>({
    root: { record: rootDirectory, sequence: undefined },
    async *children({ record }) {
      for await (const entry of indexEntries(table, record)) {
        // The root directory has itself among its names.
        if (entry.name === '.') continue;
        yield { name: entry.name, isAlias: entry.isDosName, node: entry };
      }
    },
    isSameName: (a, b) => a.length === b.length && fold(a) === fold(b),
    describe: (node) => describe(table, node),
    async open(node) {
      const { tag } = await describe(table, node);
      if (tag !== undefined) {
        throw new FormatError('unsupported', `NTFS: the data of the file is elsewhere (${tag.toString(16)})`);
      }
      return openFileData(table, node.record);
    },
  });
}

async function describe(
  table: MasterFileTable,
  { record: number, sequence }: NtfsNode,
): Promise<{
  readonly kind: FileKind;
  readonly size: number;
  readonly isCompressed?: boolean;
  readonly tag: number | undefined;
}> {
  const record = await readRecord(table, number);
  if (sequence !== undefined && record.u16le(16) !== sequence) throw record.corrupt('is of another file by now', 16);
  const point = attributesOf(record).find(({ type }) => type === reparsePoint);
  const tag = point === undefined ? undefined : point.isResident ? residentValue(point).u32le(0) : 0;
  if (tag !== undefined && linkTags.includes(tag)) return { kind: 'link', size: 0, tag };
  const isCompressed = saysCompressed(record);
  if ((record.u16le(22) & directoryFlag) !== 0) return { kind: 'directory', size: 0, isCompressed, tag };
  return { kind: 'file', size: await fileSize(table, number), isCompressed, tag };
}

function saysCompressed(record: ByteView): boolean {
  const found = attributesOf(record).find(({ type }) => type === standardInformation);
  if (found === undefined || !found.isResident) return false;
  const value = residentValue(found);
  return value.length >= 36 && (value.u32le(32) & compressedFlag) !== 0;
}

/** $UpCase: the capital of every UTF-16 code unit. */
async function readUpperCase(table: MasterFileTable): Promise<Uint16Array> {
  const stream = await openStream(table, upperCaseRecord, data);
  const size = Math.min(stream?.size ?? 0, upperCaseSize);
  const bytes = (await stream?.read(0, size)) ?? new Uint8Array(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint16Array.from({ length: Math.floor(size / 2) }, (_, i) => view.getUint16(i * 2, true));
}
