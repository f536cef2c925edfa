import { FormatError, isFormatError, type ReadAt } from '@sysimage/bytes';
import type { FoundFile, OpenedDisc } from './opened-disc.js';
import { readIso } from './read-iso.js';
import { readUdf } from './read-udf.js';

/**
 * Lists the files of a disc, by UDF when it has a whole one, otherwise by Joliet, otherwise by ISO 9660 without extensions.
 * Whatever the bytes are, the only error is `FormatError`, apart from those of `read`. Every extent lies in the image.
 */
export async function openDisc(read: ReadAt, size: number): Promise<OpenedDisc> {
  const checked: ReadAt = async (offset, length) => {
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > size) {
      throw new FormatError('corrupt', `disc: ${length} bytes at ${offset} lie beyond the end, ${size}`, { offset });
    }
    return read(offset, length);
  };
  try {
    return await readUdf(checked, size);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    try {
      return await readIso(checked, size);
    } catch (second) {
      // What was wrong with the better one says more, unless there was none.
      throw isFormatError(second) && error.offset !== undefined ? error : second;
    }
  }
}

/** Reads a file of a disc by its own offsets. */
export function readerOf(read: ReadAt, { path, size, extents }: FoundFile): ReadAt {
  return async (offset, length) => {
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > size) {
      throw new FormatError('corrupt', `"${path}" ends at ${size}, before ${offset + length}`, { offset });
    }
    const bytes = new Uint8Array(length);
    let start = 0;
    for (const extent of extents) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + extent.length);
      if (from < to) bytes.set(await read(extent.offset + from - start, to - from), from - offset);
      start += extent.length;
    }
    return bytes;
  };
}
