import { ByteView } from '@sysimage/bytes';
import { utf16Field } from '../text.js';
import { indexAllocation, indexRoot } from './attribute.js';
import { withFixups } from './fixups.js';
import { openStream, type MasterFileTable } from './master-file-table.js';

/** Root directories are small; one beyond this is searched in part. */
const maxIndexBlocks = 4096;

/** The record number of the file `name` (compared without case) in a directory, or `undefined`. */
export async function findInDirectory(
  table: MasterFileTable,
  directory: number,
  name: string,
): Promise<number | undefined> {
  const root = await openStream(table, directory, indexRoot, '$I30');
  if (root === undefined) return undefined;
  const rootView = new ByteView(await root.read(0, root.size), 'NTFS index root');
  const found = findEntry(rootView, 16, name);
  if (found !== undefined) return found;

  const blockSize = rootView.u32le(8);
  const blocks = await openStream(table, directory, indexAllocation, '$I30');
  if (blocks === undefined) return undefined;
  if (blockSize < 512 || blockSize > 65536) throw rootView.corrupt(`blocks of ${blockSize} bytes`, 8);
  const count = Math.min(Math.floor(blocks.size / blockSize), maxIndexBlocks);
  for (let i = 0; i < count; i += 1) {
    const block = await blocks.read(i * blockSize, blockSize);
    if (String.fromCharCode(...block.subarray(0, 4)) !== 'INDX') continue;
    const inBlock = findEntry(withFixups(block, 'INDX', 'NTFS index block', i * blockSize), 24, name);
    if (inBlock !== undefined) return inBlock;
  }
  return undefined;
}

/** Searches the entries of the node whose header is at `node`. */
function findEntry(view: ByteView, node: number, name: string): number | undefined {
  let offset = node + view.u32le(node);
  const end = Math.min(node + view.u32le(node + 4), view.length);
  while (offset + 16 <= end) {
    const length = view.u16le(offset + 8);
    const isLast = (view.u16le(offset + 12) & 2) !== 0;
    if (isLast) return undefined;
    if (length < 16) throw view.corrupt(`entry of ${length} bytes`, offset);
    const key = view.view(offset + 16, view.u16le(offset + 10));
    if (utf16Field(key, 66, key.u8(64)).toLowerCase() === name) {
      return Number(view.bits64le(offset) & 0xffffffffffffn);
    }
    offset += length;
  }
  return undefined;
}
