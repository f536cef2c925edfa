import { FormatError } from '@sysimage/bytes';
import type { FileBytes } from '../files/file-tree.js';
import { pieceSize } from '../volume.js';
import { data, residentValue, type Attribute } from './attribute.js';
import { RunList, type ClusterRun } from './cluster-runs.js';
import { decompressLznt1 } from './lznt1.js';
import { partsOf, readRecord, type MasterFileTable } from './master-file-table.js';
import { clusterStream, residentStream } from './stream.js';

const compressedFlag = 0x00ff;
const encryptedFlag = 0x4000;
const maxUnitSize = 1024 * 1024;

/** Bytes of the unnamed data of a file; 0 when it has none. */
export async function fileSize(table: MasterFileTable, number: number): Promise<number> {
  for await (const part of partsOf(table, number, await readRecord(table, number), data, '')) {
    return part.isResident ? residentValue(part).length : part.view.u64le(48);
  }
  return 0;
}

/** The unnamed data of a file as programs see it: decompressed, with zeros after what was ever written. */
export async function openFileData(table: MasterFileTable, number: number): Promise<FileBytes> {
  const { geometry, volume } = table;
  const record = await readRecord(table, number);
  const runs = new RunList(geometry.clusterCount, { compressed: true });
  let first: Attribute | undefined;
  for await (const part of partsOf(table, number, record, data, '')) {
    if ((part.view.u16le(12) & encryptedFlag) !== 0)
      throw new FormatError('unsupported', 'NTFS: the file is encrypted');
    if (part.isResident) return residentStream(residentValue(part).bytes);
    first ??= part;
    runs.append(part);
  }
  if (first === undefined) return residentStream(new Uint8Array(0));
  const [size, written] = [first.view.u64le(48), first.view.u64le(56)];
  const whole = Number.MAX_SAFE_INTEGER;
  const stored =
    (first.view.u16le(12) & compressedFlag) === 0
      ? clusterStream(volume, geometry, runs.all, whole).read
      : unitReader(table, runs.all, first);
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      const stop = Math.min(written, offset + length);
      if (stop > offset) bytes.set(await stored(offset, stop - offset));
      return bytes;
    },
  };
}

/** Reads through units of (usually sixteen) clusters, each compressed, as it is, or a hole. */
function unitReader(
  { volume, geometry }: MasterFileTable,
  runs: readonly ClusterRun[],
  first: Attribute,
): (offset: number, length: number) => Promise<Uint8Array> {
  const unitClusters = 2 ** first.view.u8(34);
  const unitSize = unitClusters * geometry.clusterSize;
  if (unitClusters < 2 || unitSize > maxUnitSize) throw first.view.corrupt(`units of ${unitSize} bytes`, 34);
  const { read } = clusterStream(volume, geometry, runs, Number.MAX_SAFE_INTEGER);

  async function readUnit(unit: number): Promise<Uint8Array> {
    const held = heldClusters(runs, unit * unitClusters, unitClusters);
    if (held === 0) return new Uint8Array(unitSize);
    const bytes = await read(unit * unitSize, held * geometry.clusterSize);
    return held === unitClusters ? bytes : decompressLznt1(bytes, unitSize);
  }

  return async (offset, length) => {
    if (length > pieceSize) throw new FormatError('corrupt', `NTFS stream: ${length} bytes at ${offset}`);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const inside = (offset + done) % unitSize;
      const step = Math.min(length - done, unitSize - inside);
      const unit = await readUnit(Math.floor((offset + done) / unitSize));
      bytes.set(unit.subarray(inside, inside + step), done);
      done += step;
    }
    return bytes;
  };
}

/** How many clusters of the disk a unit has; they come first, holes fill it up. */
function heldClusters(runs: readonly ClusterRun[], firstVcn: number, count: number): number {
  let [vcn, held] = [0, 0];
  for (const run of runs) {
    const inUnit = Math.min(vcn + run.count, firstVcn + count) - Math.max(vcn, firstVcn);
    if (inUnit > 0 && run.cluster !== undefined) held += inUnit;
    vcn += run.count;
    if (vcn >= firstVcn + count) break;
  }
  return held;
}
