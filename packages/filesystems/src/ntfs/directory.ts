import { ByteView } from '@sysimage/bytes';
import { utf16Field } from '../text.js';
import { bitmap, indexAllocation, indexRoot } from './attribute.js';
import { withFixups } from './fixups.js';
import { openStream, type MasterFileTable } from './master-file-table.js';
import type { Stream } from './stream.js';

const indexName = '$I30';
const maxBlockSize = 64 * 1024;
/** 256 MiB of the usual blocks; a larger directory is not read to its end. */
const maxIndexBlocks = 64 * 1024;
const dosNamespace = 2;

/** A name in a directory. */
export interface IndexEntry {
  readonly name: string;
  /** The short name of a file that has a long one, too. */
  readonly isDosName: boolean;
  readonly record: number;
  /** How often the record had been used when this name was given to it. */
  readonly sequence: number;
}

/** All names in a directory: those of the root of its index, then those of its blocks in use. */
export async function* indexEntries(table: MasterFileTable, directory: number): AsyncGenerator<IndexEntry> {
  const root = await openStream(table, directory, indexRoot, indexName);
  if (root === undefined) return;
  const rootView = new ByteView(await root.read(0, root.size), 'NTFS index root');
  yield* entriesOf(rootView, 16);

  const blockSize = rootView.u32le(8);
  const blocks = await openStream(table, directory, indexAllocation, indexName);
  if (blocks === undefined) return;
  if (blockSize < 512 || blockSize > maxBlockSize) throw rootView.corrupt(`blocks of ${blockSize} bytes`, 8);
  const count = Math.min(Math.floor(blocks.size / blockSize), maxIndexBlocks);
  const isInUse = await usedBlocks(await openStream(table, directory, bitmap, indexName), count);
  for (let i = 0; i < count; i += 1) {
    if (!isInUse(i)) continue;
    const block = await blocks.read(i * blockSize, blockSize);
    yield* entriesOf(withFixups(block, 'INDX', 'NTFS index block', i * blockSize), 24);
  }
}

/** The record number of the file `name` (in lower case, compared without regard to it) in a directory, or `undefined`. */
export async function findInDirectory(
  table: MasterFileTable,
  directory: number,
  name: string,
): Promise<number | undefined> {
  for await (const entry of indexEntries(table, directory)) {
    if (entry.name.toLowerCase() === name) return entry.record;
  }
  return undefined;
}

/** Blocks that are not in use hold names of files long gone. */
async function usedBlocks(marks: Stream | undefined, count: number): Promise<(block: number) => boolean> {
  if (marks === undefined) return () => true;
  const bytes = await marks.read(0, Math.min(marks.size, Math.ceil(count / 8)));
  return (block) => (((bytes[block >>> 3] ?? 0) >>> (block & 7)) & 1) === 1;
}

/** The entries of the node whose header is at `node`. */
function* entriesOf(view: ByteView, node: number): Generator<IndexEntry> {
  let offset = node + view.u32le(node);
  const end = Math.min(node + view.u32le(node + 4), view.length);
  while (offset + 16 <= end) {
    const length = view.u16le(offset + 8);
    const isLast = (view.u16le(offset + 12) & 2) !== 0;
    if (isLast) return;
    if (length < 16) throw view.corrupt(`entry of ${length} bytes`, offset);
    const key = view.view(offset + 16, view.u16le(offset + 10));
    const reference = view.bits64le(offset);
    yield {
      name: utf16Field(key, 66, key.u8(64)),
      isDosName: key.u8(65) === dosNamespace,
      record: Number(reference & 0xffffffffffffn),
      sequence: Number(reference >> 48n),
    };
    offset += length;
  }
}
