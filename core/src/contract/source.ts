import type { PhysicalDisk } from './target.js';

/** A disk or image file of this machine, open for reading. */
export interface DiskSource {
  readonly path: string;
  readonly kind: 'device' | 'file';
  /** Bytes. */
  readonly size: number;
  /** Logical sector, bytes. Image files: 512. */
  readonly sectorSize: number;
  readonly model?: string;
  readonly serial?: string;
  /** The physical disks its bytes lie on; `undefined` when nobody can tell. */
  readonly physicalDisks?: readonly PhysicalDisk[];
  readonly physicalDisksUnknown?: string;
  /** What of it is mounted now. */
  readonly mounts: readonly SourceMount[];
  /** Fills all of `into` from `offset`. Rejects with `corrupt` when the medium cannot be read there. */
  read(offset: number, into: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** A mounted part of a disk. */
export interface SourceMount {
  /** Where the mounted volume starts on the disk, bytes; `undefined` when it is not known. */
  readonly offset?: number;
  readonly mountPoint: string;
  readonly readOnly: boolean;
}

/** A disk or image file of this machine, open for being written over. */
export interface DiskDestination {
  readonly path: string;
  readonly kind: 'device' | 'file';
  readonly size: number;
  readonly sectorSize: number;
  /** True when the file was made by this call: every byte reads as zero. */
  readonly fresh: boolean;
  readonly physicalDisks?: readonly PhysicalDisk[];
  readonly mounts: readonly SourceMount[];
  read(offset: number, into: Uint8Array): Promise<void>;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Every write is durable when it resolves. */
  flush(): Promise<void>;
  /**
   * Closes it; with `discard`, a file that was made by this call is removed again. `modifiedAt`: when a file says that it was
   * changed last.
   */
  close(options?: { readonly discard?: boolean; readonly modifiedAt?: Date }): Promise<void>;
}

/** One disk of the machine's inventory. */
export interface DiskSummary {
  readonly path: string;
  readonly size: number;
  readonly sectorSize: number;
  readonly model?: string;
  readonly serial?: string;
  readonly removable: boolean;
}

/** The disks of this machine. */
export interface Disks {
  list(): Promise<readonly DiskSummary[]>;
  /** Errors: `not-found`, `denied`, `invalid` (not a disk and not a regular file). */
  openSource(path: string): Promise<DiskSource>;
  /** A missing file is made with `size` bytes, all holes. Errors: `denied`, `busy` (mounted), `invalid`, `no-space`. */
  openDestination(path: string, size: number): Promise<DiskDestination>;
}
