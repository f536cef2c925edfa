import { FormatError } from '@sysimage/bytes';
import type { FileExtent } from './opened-disc.js';

const mostEntries = 500_000;
const mostFolderBytes = 2 ** 28;
const deepest = 64;

/** Ends the reading of a tree that is larger than any real one: a few bytes can claim to be a folder of a gibibyte, often. */
export interface Limits {
  entry(): void;
  /** Before the bytes of a folder are read. `key` names the folder: no folder is entered twice. */
  folder(size: number, depth: number, key: number): void;
}

export function createLimits(): Limits {
  let entries = 0;
  let bytes = 0;
  const entered = new Set<number>();
  return {
    entry() {
      entries += 1;
      if (entries > mostEntries)
        throw new FormatError('corrupt', `disc: more than ${mostEntries} entries`, { offset: 0 });
    },
    folder(size, depth, key) {
      bytes += size;
      if (bytes > mostFolderBytes) throw new FormatError('corrupt', 'disc: the folders are too large', { offset: 0 });
      if (depth > deepest) throw new FormatError('corrupt', 'disc: the folders are too deep', { offset: 0 });
      if (entered.has(key)) throw new FormatError('corrupt', 'disc: a folder lies in itself', { offset: 0 });
      entered.add(key);
    },
  };
}

/** A name from a disc, if it can be one; what would lead out of its folder cannot. */
export function checkedName(name: string, offset: number): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/u.test(name)) {
    throw new FormatError('corrupt', 'disc: an entry has no possible name', { offset });
  }
  return name;
}

export function checkedExtent(extent: FileExtent, size: number): FileExtent {
  if (extent.offset + extent.length > size) {
    throw new FormatError('corrupt', `disc: ${extent.length} bytes at ${extent.offset} lie beyond the end, ${size}`, {
      offset: extent.offset,
    });
  }
  return extent;
}
