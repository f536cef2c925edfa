import type { DiscIdentity } from './disc-identity.js';
import { treeOf, type DiscFile, type Leaf } from './disc-tree.js';
import { volumeRecognition } from './iso-descriptors.js';
import { jolietNaming, primaryNaming } from './iso-names.js';
import { isoTreeBytes, layOutIsoTree } from './iso-tree.js';
import { sectorSize, sectorsOf } from './sector.js';
import { layOutUdfTree, udfTreeBytes } from './udf-tree.js';
import {
  anchor,
  anchorSector,
  integrity,
  integritySequence,
  mainSequence,
  partitionStart,
  reserveSequence,
  volumeSequence,
} from './udf-volume.js';

export interface PlacedFile extends DiscFile {
  /** First byte in the image. */
  readonly offset: number;
}

export interface DiscLayout {
  /** Bytes of the whole image. */
  readonly size: number;
  readonly files: readonly PlacedFile[];
  /**
   * The image from its first byte to its last. `open` gives the bytes of a file, called once for each in the order of the
   * list; as many as its size, otherwise `RangeError`. No chunk is kept after the next is asked for.
   */
  bytes(open: (file: PlacedFile, index: number) => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

const systemAreaSize = 16 * sectorSize;
/** Drives write whole error correction blocks: 16 sectors on a DVD, 32 on a Blu-ray disc. */
const blockSectors = 32;

/** Lays out a disc that ISO 9660, Joliet and UDF 1.02 readers all understand. Throws `RangeError` for what no disc can hold. */
export function layOutDisc(files: readonly DiscFile[], identity: DiscIdentity): DiscLayout {
  checkIdentity(identity);
  const folders = treeOf(files);
  const [root] = folders;
  if (root === undefined) throw new RangeError('a disc has a root');
  const udf = layOutUdfTree(folders, files.length);
  const primary = { tree: layOutIsoTree(root, primaryNaming(folders)), start: partitionStart + udf.sectors };
  const joliet = { tree: layOutIsoTree(root, jolietNaming), start: primary.start + primary.tree.sectors };
  const dataStart = joliet.start + joliet.tree.sectors;
  let next = dataStart;
  const placed = files.map(({ path, size }) => {
    const offset = next * sectorSize;
    next += sectorsOf(size);
    return { path, size, offset };
  });
  // After the data at least one sector, the anchor.
  const total = Math.ceil((next + 1) / blockSectors) * blockSectors;
  if (total >= 2 ** 32) throw new RangeError(`${total} sectors are too many for a disc`);

  function head(): Uint8Array {
    // ECMA-119 has no place for the bytes of an empty file; it gets the address of what comes next.
    const sectorOf = ({ index }: Leaf): number => (placed[index]?.offset ?? 0) / sectorSize;
    const bytes = new Uint8Array(dataStart * sectorSize);
    const put = (part: Uint8Array, sector: number): void => bytes.set(part, sector * sectorSize);
    // The partition ends before the last anchor.
    const partitionSectors = total - 1 - partitionStart;
    const counts = { files: files.length, folders: folders.length, partitionSectors };
    put(identity.systemArea ?? new Uint8Array(), 0);
    put(volumeRecognition(identity, total, primary, joliet), 16);
    put(volumeSequence(identity, counts, mainSequence), mainSequence);
    put(volumeSequence(identity, counts, reserveSequence), reserveSequence);
    put(integrity(identity, counts), integritySequence);
    put(anchor(anchorSector), anchorSector);
    put(udfTreeBytes(udf, identity, sectorOf), partitionStart);
    for (const { tree, start } of [primary, joliet]) put(isoTreeBytes(tree, start, identity.date, sectorOf), start);
    return bytes;
  }

  async function* bytes(
    open: (file: PlacedFile, index: number) => AsyncIterable<Uint8Array>,
  ): AsyncIterable<Uint8Array> {
    yield head();
    for (const [index, file] of placed.entries()) {
      let written = 0;
      for await (const chunk of open(file, index)) {
        written += chunk.byteLength;
        if (written > file.size) throw new RangeError(`"${file.path}" has more than ${file.size} bytes`);
        if (chunk.byteLength > 0) yield chunk;
      }
      if (written < file.size) throw new RangeError(`"${file.path}" has ${written} of ${file.size} bytes`);
      const rest = sectorsOf(file.size) * sectorSize - file.size;
      if (rest > 0) yield new Uint8Array(rest);
    }
    const tail = new Uint8Array((total - next) * sectorSize);
    tail.set(anchor(total - 1), tail.length - sectorSize);
    yield tail;
  }

  return { size: total * sectorSize, files: placed, bytes };
}

function checkIdentity({ sequence, date, systemArea }: DiscIdentity): void {
  if (!Number.isInteger(sequence) || sequence < 1 || sequence > 65_535) {
    throw new RangeError(`${sequence} is no number of a disc`);
  }
  const year = date.getUTCFullYear();
  // A directory record counts the years from 1900 in one byte.
  if (!(year >= 1900 && year <= 2155)) throw new RangeError('the date cannot be written to a disc');
  if ((systemArea?.byteLength ?? 0) > systemAreaSize) throw new RangeError('the system area has 32 KiB');
}
