import { FormatError } from '@sysimage/bytes';
import { pieceSize } from '../volume.js';
import type { FileBytes, FileKind, FileTree } from './file-tree.js';

/** A file or directory of a volume. */
export interface FileEntry {
  readonly name: string;
  readonly kind: FileKind;
  /** Bytes; 0 for directories. */
  readonly size: number;
  /** On NTFS: whether the file, or what is made in the directory, is compressed. */
  readonly isCompressed?: boolean;
}

/** The files of a volume, to be read only. Every method rejects with `FormatError` for a structure that makes no sense. */
export interface Files {
  /**
   * Finds a file by its path from the root: names with `/` between them, compared as the file system does (NTFS, FAT and exFAT
   * without regard to case, ext exactly). Links are not followed: a path through one is not found.
   */
  find(path: string): Promise<FileEntry | undefined>;
  /** What is in a directory, in the order of the disk; `undefined` when there is no such directory. */
  list(path: string): Promise<readonly FileEntry[] | undefined>;
  /**
   * Up to `length` bytes at `offset`, fewer at the end of the file. `entry` must come from this object, and `length` must not
   * exceed 4 MiB: `RangeError` otherwise. Of a link on ext it reads the path that it holds. `FormatError` `unsupported`: the
   * bytes are encrypted, or kept in a way that is not read here.
   */
  read(entry: FileEntry, offset: number, length: number): Promise<Uint8Array>;
}

/** More names than this in one directory are nobody's. */
const maxEntries = 1024 * 1024;
const maxDepth = 256;

export function filesOf<Node>(tree: FileTree<Node>): Files {
  const nodes = new WeakMap<FileEntry, Node>();
  const opened = new WeakMap<FileEntry, Promise<FileBytes>>();

  async function entryOf(name: string, node: Node): Promise<FileEntry> {
    const { kind, size, isCompressed } = await tree.describe(node);
    const entry: FileEntry = {
      name,
      kind,
      size: kind === 'directory' ? 0 : size,
      ...(isCompressed === undefined ? {} : { isCompressed }),
    };
    nodes.set(entry, node);
    return entry;
  }

  async function* childrenOf(directory: Node) {
    let count = 0;
    for await (const child of tree.children(directory)) {
      count += 1;
      if (count > maxEntries) throw new FormatError('unsupported', `a directory of more than ${maxEntries} names`);
      yield child;
    }
  }

  async function find(path: string): Promise<FileEntry | undefined> {
    const names = path.split('/').filter((name) => name !== '');
    if (names.length > maxDepth) return undefined;
    let found = await entryOf('', tree.root);
    for (const name of names) {
      const directory = nodes.get(found);
      if (found.kind !== 'directory' || directory === undefined) return undefined;
      let next: FileEntry | undefined;
      for await (const child of childrenOf(directory)) {
        if (!tree.isSameName(child.name, name)) continue;
        next = await entryOf(child.name, child.node);
        break;
      }
      if (next === undefined) return undefined;
      found = next;
    }
    return found;
  }

  return {
    find,
    async list(path) {
      const found = await find(path);
      const directory = found === undefined ? undefined : nodes.get(found);
      if (found?.kind !== 'directory' || directory === undefined) return undefined;
      const entries: FileEntry[] = [];
      for await (const child of childrenOf(directory)) {
        if (child.isAlias !== true) entries.push(await entryOf(child.name, child.node));
      }
      return entries;
    },
    async read(entry, offset, length) {
      const node = nodes.get(entry);
      if (node === undefined) throw new RangeError(`${entry.name} is of another volume`);
      if (!(Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && length <= pieceSize)) {
        throw new RangeError(`${length} bytes at ${offset} of ${entry.name}`);
      }
      if (entry.kind === 'directory' || entry.kind === 'other') throw new RangeError(`${entry.name} is no file`);
      const bytes = opened.get(entry) ?? tree.open(node);
      opened.set(entry, bytes);
      const { size, read } = await bytes;
      return read(Math.min(offset, size), Math.min(length, Math.max(0, size - offset)));
    },
  };
}
