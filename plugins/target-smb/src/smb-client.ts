/** What a client of any SMB dialect does for the target. Paths lie below the share, parts joined by `/`, '' is its root. */
export interface SmbClient {
  readonly facts: SmbFacts;
  /** Aborts when the connection is lost or closed: every pending and later call rejects, no handle lives on. */
  readonly lost: AbortSignal;

  open(path: string, options: SmbOpen): Promise<SmbHandle>;
  /** Tells how many bytes there were; fewer than `into` holds only at the end of the file. */
  read(handle: SmbHandle, offset: number, into: Uint8Array): Promise<number>;
  /** Writes all of `bytes`; they may be used again when it resolves. */
  write(handle: SmbHandle, offset: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when the server says that all of the file, or the entries of the folder, are on its medium. */
  flush(handle: SmbHandle): Promise<void>;
  setEndOfFile(handle: SmbHandle, size: number): Promise<void>;
  /** Needs access `delete`. `replace`: in the place of a file that has the name already. */
  rename(handle: SmbHandle, path: string, options: { readonly replace: boolean }): Promise<void>;
  /** Whether closing the last handle, however that comes about, removes what it opens. Needs access `delete`. */
  removeOnClose(handle: SmbHandle, wanted: boolean): Promise<void>;
  /** The entries of a folder, page by page, without `.` and `..`. */
  list(handle: SmbHandle): AsyncIterable<readonly SmbEntry[]>;
  info(handle: SmbHandle): Promise<SmbInfo>;
  /** Of the file system that holds the handle. `free`: what this user may still write. */
  space(handle: SmbHandle): Promise<{ readonly total: number; readonly free: number }>;
  closeHandle(handle: SmbHandle): Promise<void>;
  close(): Promise<void>;
}

/** Makes a client: rejects when there is no such server, user or share, or none that it can speak to safely. */
export type ConnectSmb = (address: SmbAddress, credentials: SmbCredentials) => Promise<SmbClient>;

export interface SmbAddress {
  readonly host: string;
  readonly port: number;
  readonly share: string;
}

export interface SmbCredentials {
  readonly domain: string;
  readonly user: string;
  readonly password: string;
}

export interface SmbFacts {
  readonly dialect: string;
  readonly transport: 'plain' | 'signed' | 'encrypted';
  /** Of the connection, as the system spells them. */
  readonly localAddress: string;
  readonly remoteAddress: string;
}

/** `write` covers the size, `delete` renaming. */
export type SmbAccess = 'read' | 'write' | 'delete';

export interface SmbOpen {
  readonly kind: 'file' | 'folder';
  /** Nothing: facts can be asked for, and nobody is kept out. */
  readonly access: readonly SmbAccess[];
  /** What others may do meanwhile. Who wants more, or has more already, makes the open a sharing violation. */
  readonly share: readonly SmbAccess[];
  /** Makes it; it must not be there. Otherwise it must. */
  readonly create?: boolean;
}

/** Something open on the server. */
export interface SmbHandle {
  readonly path: string;
  readonly id: Uint8Array;
}

export interface SmbInfo {
  readonly size: number;
  /** As the server counts: 100 ns since 1601. */
  readonly written: bigint;
  /** The server's own number for the file, as an inode number. */
  readonly index: bigint;
}

export interface SmbEntry extends SmbInfo {
  readonly name: string;
  readonly kind: 'file' | 'folder';
}
