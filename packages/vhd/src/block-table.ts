import { ByteView, FormatError, type ReadAt } from '@sysimage/bytes';
import { bitmapSizeOf, type DynamicHeader } from './dynamic-header.js';
import { unallocatedEntry, vhdSectorSize } from './layout.js';

/** No known program makes a larger table; one that claims to be is not worth the memory. */
const largestTable = 64 * 1024 * 1024;

/** Reads the entries of all blocks of the disk, and checks that each could be one. Throws `FormatError`. */
export async function readTable(
  read: ReadAt,
  diskSize: number,
  header: DynamicHeader,
  payloadEnd: number,
): Promise<Uint32Array> {
  const { tableOffset, tableEntries, blockSize } = header;
  const blockCount = Math.ceil(diskSize / blockSize);
  const corrupt = (message: string, offset: number): FormatError =>
    new FormatError('corrupt', `VHD block allocation table: ${message}`, { offset });
  if (tableEntries < blockCount) {
    throw corrupt(`${tableEntries} entries are too few for ${blockCount} blocks`, tableOffset);
  }
  if (tableOffset < vhdSectorSize || tableOffset % vhdSectorSize !== 0 || tableOffset + blockCount * 4 > payloadEnd) {
    throw corrupt(`${blockCount} entries do not fit at ${tableOffset} in the file`, tableOffset);
  }
  if (blockCount * 4 > largestTable) throw new FormatError('unsupported', `a table of ${blockCount} blocks`);
  const view = new ByteView(await read(tableOffset, blockCount * 4), 'VHD block allocation table', tableOffset);
  const table = Uint32Array.from({ length: blockCount }, (_, block) => view.u32be(block * 4));

  // Blocks must lie inside the file, apart from each other and from the table, which programs that grow a disk may move.
  const stride = (bitmapSizeOf(blockSize) + blockSize) / vhdSectorSize;
  const tableStart = tableOffset / vhdSectorSize;
  const tableEnd = Math.ceil((tableOffset + blockCount * 4) / vhdSectorSize);
  let free = 1;
  for (const entry of table.toSorted()) {
    if (entry === unallocatedEntry) break;
    const overTable = entry < tableEnd && entry + stride > tableStart;
    if (entry < free || overTable || (entry + stride) * vhdSectorSize > payloadEnd) {
      throw corrupt(
        `the block at sector ${entry} overlaps something or leaves the file`,
        tableOffset + table.indexOf(entry) * 4,
      );
    }
    free = entry + stride;
  }
  return table;
}
