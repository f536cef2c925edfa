import type { Extent } from '@sysimage/extents';
import type { DirectRead, LendFile } from './direct-read.js';
import type { NamePrefix, ObjectName } from './names.js';

/** The bytes of an object as they come. May be called again: a retry replays it. A callee keeps no chunk after asking for the next. */
export type Chunks = () => AsyncIterable<Uint8Array>;

export interface CallOptions {
  /** Ends the call with `cancelled` as soon as the medium lets it. */
  readonly signal?: AbortSignal;
  /** Whether the call may ask a person for something (a disc, a password). Default `never`. */
  readonly prompt?: 'never' | 'allowed';
}

export interface ObjectStat {
  readonly name: ObjectName;
  /** Bytes. */
  readonly size: number;
  readonly modified?: Date;
  /** Opaque: differs whenever the object holds other bytes, and often when it was written again (inode and time, etag). */
  readonly state?: string;
}

export interface ListOptions extends CallOptions {
  /** Only names that sort after this one. */
  readonly after?: ObjectName;
}

export interface GetOptions extends CallOptions {
  /** Only if the object is still in this state; otherwise `not-found`. */
  readonly state?: string;
}

export type PutOptions = CallOptions;

/**
 * A place that keeps named runs of bytes. It knows nothing of disks, images, versions or policies.
 *
 * Whatever only some places can do lives in `facets`: a facet that is present works, and one that does not work is absent.
 * Every implementation guarantees:
 * - a resolved `put` or `remove` is durable, its directory entry included, and visible at once to `get`, `stat`, `list`;
 * - no reader ever sees part of a `put`; after a `put` that rejected the object is as it was, or, when the answer of a server was
 *   lost, the new one, whole;
 * - `list` yields every name below the prefix once, in order of the names' bytes, however many there are;
 * - failures are `SysimageError`s: `not-found` (get), `invalid` (short or long `chunks`), `corrupt` (an object that ends too
 *   early, a medium that cannot be read), `already-exists` (something that is no object, or an object where a folder of the name
 *   must be, stands in the way), `no-space`, `busy`,
 *   `denied`, `credentials`, `unavailable`, `cancelled`, `unsupported`.
 */
export interface Target<F extends FacetName = never> {
  readonly traits: TargetTraits;
  readonly capabilities: Capabilities;
  readonly facets: FacetsOf<F>;

  /** `undefined` when there is no such object. */
  stat(name: ObjectName, options?: CallOptions): Promise<ObjectStat | undefined>;
  list(prefix: NamePrefix, options?: ListOptions): AsyncIterable<ObjectStat>;
  /** Exactly the bytes of `range`, or an error: `not-found`, or `corrupt` when the object ends before the range does. */
  get(name: ObjectName, range: Extent, options?: GetOptions): AsyncIterable<Uint8Array>;
  /** Writes the whole object, replacing an older one. `chunks` must yield exactly `size` bytes, otherwise `invalid`. */
  put(name: ObjectName, size: number, chunks: Chunks, options?: PutOptions): Promise<ObjectStat>;
  /** A missing object is fine. `unsupported` on write-once media. */
  remove(name: ObjectName, options?: CallOptions): Promise<void>;
  close(): Promise<void>;
}

/** What a plugin's `open` returns: everything but the flags, which core derives. */
export type TargetParts<F extends FacetName = never> = Omit<Target<F>, 'capabilities'>;

/** Abilities as objects: at most eight; a new one needs a decision record and two users. */
export interface Facets {
  /** Change bytes in place. */
  readonly random: RandomAccess;
  /** Many objects that become visible together. */
  readonly batch: Batches;
  /** The place itself keeps states of objects: reflinks of btrfs and XFS. */
  readonly history: History;
  readonly capacity: Capacity;
  /** Keeps a second writer out, natively. */
  readonly lease: Leases;
  /** Several pieces someone must change. */
  readonly media: Media;
  /** Object lock. */
  readonly retention: Retention;
}

export type FacetName = keyof Facets;

export type FacetsOf<F extends FacetName> = { readonly [K in F]: Facets[K] } & {
  readonly [K in Exclude<FacetName, F>]?: Facets[K];
};

/** Narrows a target to one that has the facet. */
export function supports<K extends FacetName>(target: Target, facet: K): target is Target<K> {
  return target.facets[facet] !== undefined;
}

export interface RandomAccess {
  /**
   * Opens an object for reading and writing. `create`: make an empty one when it is missing, durably; otherwise `not-found`.
   * `exclusive`: `busy` when somebody else has it open exclusively. An open that is not exclusive is never `busy`, and may be
   * for reading only when the medium is; then writes are `denied`.
   */
  open(
    name: ObjectName,
    options: CallOptions & { readonly create?: boolean; readonly exclusive: boolean },
  ): Promise<RandomFile>;
}

/** An open object. Writes may be in any order on the medium until `flush` resolves. */
export interface RandomFile {
  size(): Promise<number>;
  /**
   * Fills all of `into` from `offset`; `corrupt` when the object ends before. `direct`: may be asked to do it, by who has nothing but an
   * open file of this machine behind it; the file stays open until it has ended.
   */
  read(offset: number, into: Uint8Array, direct?: DirectRead): Promise<void>;
  /** Writes all of `bytes`; growing the object as needed. The bytes may be re-used when it resolves. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Lets somebody else write by the number that it has in this process. Absent where that is not all of it. */
  readonly lend?: LendFile;
  /** Sets the size; growing adds zeros. */
  truncate(size: number): Promise<void>;
  /** Resolves when every write on this file since the last flush is durable, or rejects. A rejected flush is never retried. */
  flush(): Promise<void>;
  /** The range reads as zeros afterwards and takes no space, as far as the medium's units allow. */
  deallocate?(range: Extent): Promise<void>;
  /** Takes bytes from another open file of this target without moving them through here. */
  copyFrom?(from: RandomFile, range: Extent, at: number): Promise<void>;
  close(): Promise<void>;
}

export interface BatchSpec {
  /** The same id finds an interrupted batch again. */
  readonly id: string;
  /** For people: what is being written. */
  readonly label: string;
  /** Upper bound of the bytes of all objects together. */
  readonly size: number;
}

export interface Batches {
  begin(spec: BatchSpec, options?: CallOptions): Promise<OpenBatch>;
}

/** Nothing of it is visible before `commit` resolves; then all of it is, durably. */
export interface OpenBatch {
  put(name: ObjectName, size: number, chunks: Chunks, options?: PutOptions): Promise<ObjectStat>;
  commit(options?: CallOptions): Promise<void>;
  /** Leaves nothing behind that a reader could see. */
  abort(): Promise<void>;
}

/** Copies that share their bytes with what they were made of: they take no time, and no room until either changes. */
export interface History {
  /**
   * Makes `copy` an object that holds what `name` holds now; an older one is replaced. From then on each changes without the other.
   * Durable when it resolves. Errors: `not-found` when there is no `name`; `unsupported` when the place cannot do it for this object:
   * nothing is made then.
   */
  capture(name: ObjectName, copy: ObjectName, options?: CallOptions): Promise<ObjectStat>;
}

export interface Capacity {
  /** Bytes. A field that the place does not tell is absent. `free`: what this user may still write. */
  read(options?: CallOptions): Promise<{ readonly total?: number; readonly free?: number }>;
}

export interface Leases {
  /** `busy` when someone else holds it; the message names the holder. */
  acquire(name: ObjectName, options: CallOptions & LeaseRequest): Promise<Held>;
}

export interface LeaseRequest {
  readonly mode: 'shared' | 'exclusive';
  /** Milliseconds between signs of life that an observer must miss three times. */
  readonly heartbeat: number;
  readonly holder: LeaseHolder;
}

/** Who holds a lease. The process fields let another process of the same boot see at once that the holder is gone. */
export interface LeaseHolder {
  readonly token: string;
  readonly program: string;
  readonly host: string;
  readonly machine?: string;
  /** Differs at every boot, and between process namespaces. */
  readonly boot?: string;
  readonly process?: number;
  /** When the process started, in the machine's own units; together with `process` it is never re-used. */
  readonly processStart?: string;
}

export interface Held {
  /** Aborts when the lease is lost. */
  readonly lost: AbortSignal;
  /** Throws `busy` when the lease is lost or was not renewed in time. */
  assertHeld(): void;
  release(): Promise<void>;
}

export interface MediaPiece {
  readonly piece: string;
  readonly label: string;
  readonly ranges: readonly Extent[];
}

export interface Media {
  /** Which pieces hold these ranges of an object. */
  locate(name: ObjectName, ranges: readonly Extent[], options?: CallOptions): Promise<readonly MediaPiece[]>;
}

export interface Retention {
  /** Until then the object is neither replaced nor removed: `denied`. A time before the one that was promised changes nothing. */
  extend(name: ObjectName, until: Date, options?: CallOptions): Promise<void>;
  /** `undefined` when nothing was promised. Never earlier than what was. */
  read(name: ObjectName, options?: CallOptions): Promise<Date | undefined>;
}

export type Medium = 'disk' | 'share' | 'optical' | 'object-store' | 'memory';

/** A whole physical disk, as the machine names it. */
export interface PhysicalDisk {
  /** Stable within one run: `sysfs:8:0`, a serial number… Two facts with equal ids are the same disk. */
  readonly id: string;
  /** For people: `/dev/sda`. */
  readonly name: string;
  readonly dynamic: 'yes' | 'no' | 'unknown';
}

/** A mounted file system that the bytes of a place pass through on their way down to the disks. */
export interface FileSystemBelow {
  /** Two facts with equal ids are the same file system, wherever it is mounted. */
  readonly id: string;
  /** As the system calls it: `ext4`, `cifs`, `fuseblk`. */
  readonly type: string;
  readonly mountPoint: string;
  /** What keeps its bytes: devices or files of this machine, its memory, a server; `unknown` when nobody can tell. */
  readonly keeper: 'machine' | 'memory' | 'server' | 'unknown';
}

/** What the volume that a place lies on says of itself, as it was when the place was opened. */
export interface VolumeTraits {
  readonly label?: string;
  /** Cluster or block, bytes. */
  readonly clusterSize?: number;
  /** Whether it was put away in order the last time. */
  readonly state: 'clean' | 'unclean' | 'unknown';
  /** Why it is not clean: `dirty bit set`, `hibernated`… */
  readonly stateReason?: string;
  /** Files that are made in the place become compressed: writing them in place is slow, and not every driver can. */
  readonly compressed?: boolean;
  /** Files that are made in the place can have holes: what nobody has written in them takes no room. */
  readonly sparse?: boolean;
}

/** Facts about a place. */
export interface TargetTraits {
  /** The same place always has the same identity. */
  readonly identity: string;
  /** For people; without secrets. */
  readonly location: string;
  readonly medium: Medium;
  /** The disks below it; empty when it lies on no disk of this machine; `undefined` when nobody can tell. */
  readonly physicalDisks?: readonly PhysicalDisk[];
  /** Why `physicalDisks` is not known. */
  readonly physicalDisksUnknown?: string;
  /** The file systems that it lies in, the innermost first; absent when nobody looked. */
  readonly fileSystemsBelow?: readonly FileSystemBelow[];
  readonly fileSystem?: string;
  /** Absent when nobody looked. */
  readonly volume?: VolumeTraits;
  readonly writeOnce: boolean;
  readonly removable?: boolean;
  /** The user, or the medium's default, wants only the newest version to stay. */
  readonly singleVersion: boolean;
  /** Bytes. */
  readonly maxObjectSize?: number;
  readonly transport: 'local' | 'plain' | 'signed' | 'encrypted';
}

/** What users, plans and policies read: flat and serialisable. Derived by core, never typed in by a plugin. */
export interface Capabilities {
  /** Who keeps older versions: the place, the engine's layers, or nobody. */
  readonly shadowCopies: 'native' | 'engine' | 'none';
  readonly singleVersion: boolean;
  readonly dynamicDisk: 'yes' | 'no' | 'unknown' | 'not-applicable';
  readonly randomWrite: boolean;
  readonly atomicBatch: boolean;
  readonly writeOnce: boolean;
  readonly removable: 'yes' | 'no' | 'unknown';
  readonly needsMedia: boolean;
  readonly immutability: boolean;
  readonly encryptedTransport: 'yes' | 'no' | 'not-applicable';
  readonly freeSpaceKnown: boolean;
  readonly maxObjectSize: number | undefined;
}
