/** What a name in a directory stands for. A `link` points elsewhere by a path; nothing here follows it. */
export type FileKind = 'file' | 'directory' | 'link' | 'other';

/** The bytes of a file, wherever they are. */
export interface FileBytes {
  readonly size: number;
  /** Reads exactly `length` bytes at `offset`, both within the file; holes are zeros. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
}

/** A name in a directory, and what the file system finds the file by. */
export interface NamedNode<Node> {
  readonly name: string;
  /** A second name of the same file (8.3), by which it is found and not listed. */
  readonly isAlias?: boolean;
  readonly node: Node;
}

/** What every family of file systems brings to have its files read. All of it throws `FormatError`. */
export interface FileTree<Node> {
  readonly root: Node;
  /** Without `.` and `..`. Each directory is read in bounded time and memory, whatever it holds. */
  readonly children: (directory: Node) => AsyncIterable<NamedNode<Node>>;
  readonly isSameName: (a: string, b: string) => boolean;
  readonly describe: (
    node: Node,
  ) => Promise<{ readonly kind: FileKind; readonly size: number; readonly isCompressed?: boolean }>;
  readonly open: (node: Node) => Promise<FileBytes>;
}
