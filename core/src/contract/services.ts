import type { Extent } from '@sysimage/extents';
import type { Engine } from '../flow/engine-service.js';
import type { Registry } from '../flow/target-registry.js';
import type { DisksBelow, Host, Plugin } from './plugin.js';
import type { SnapshotProvider } from './snapshot.js';
import type { Disks } from './source.js';
import type { LeaseHolder } from './target.js';

declare const serviceType: unique symbol;

/** Names a service and carries its type. `Symbol.for`, so that two copies of core agree. */
export interface Token<T> {
  readonly id: symbol;
  readonly [serviceType]?: T;
}

function token<T>(name: string): Token<T> {
  return { id: Symbol.for(`sysimage.${name}`) };
}

export interface Clock {
  now(): Date;
  /** Milliseconds since some moment: nobody sets this clock, and it goes on while the machine sleeps. */
  elapsed(): number;
  /** Calls back after about `milliseconds`, once; the result cancels it. Never keeps the process alive. */
  after(milliseconds: number, callback: () => void): () => void;
  /** Resolves after about `milliseconds`, or at once when `signal` aborts. Keeps the process alive. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  bytes(length: number): Uint8Array;
}

/** Where structured events go that are not for the user's eyes at once. */
export interface Log {
  write(event: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
}

/** BLAKE3 with 32 bytes of output. */
export interface Hasher {
  digest(bytes: Uint8Array): Uint8Array;
  /** About so many bytes will have to be hashed: who needs time to get ready may begin. */
  expect?(bytes: number): void;
  /**
   * One digest for each `unit` bytes of `bytes` (the last may be shorter), one after the other. The bytes must stay as they are until
   * it resolves; where they lie in shared memory, other threads may read them.
   */
  digestEach(bytes: Uint8Array, unit: number): Promise<Uint8Array>;
  /**
   * The same of bytes that are read by the way, which is faster where another thread does both. `undefined` at once: nobody does it, and
   * nothing was touched. `undefined` later: it could not be done, and there may be anything in `into` and where `to` is. Rejects with the
   * error of the system when reading fails.
   */
  digestFrom?(request: DigestFrom): Promise<Uint8Array | undefined> | undefined;
}

/** Numbers and bytes only: it may be told to another thread. */
export interface DigestFrom {
  /** Number of an open file of this process, which stays open until the answer. */
  readonly descriptor: number;
  /** Where in the file, bytes. */
  readonly offset: number;
  /** Is filled. */
  readonly into: Uint8Array;
  readonly unit: number;
  /** Parts of `into`, in order, that become zeros whatever the file holds. */
  readonly blank: readonly Extent[];
  /** Written as soon as its digests are taken. */
  readonly to?: DigestTo;
}

export interface DigestTo {
  /** As above, of another file. */
  readonly descriptor: number;
  /** Where in it the first byte of `into` goes. */
  readonly offset: number;
  /** Parts of `into`, in order; nothing else is written. */
  readonly parts: readonly Extent[];
  /** All of them read as zeros: what is zeros need not be written, so that it takes no room. */
  readonly blank?: boolean;
  /** What must stand elsewhere in the file as soon as anything of `into` does; not written where nothing else is. */
  readonly frame?: { readonly offset: number; readonly bytes: Uint8Array };
}

/** Who this machine and process are, and whether another holder still lives. */
export interface Machine {
  readonly hostName: string;
  /** Stable for the installation; `undefined` when the system has none. */
  readonly machineId: string | undefined;
  holder(token: string): Promise<LeaseHolder>;
  /** `gone` and `alive` only when it is sure: same boot, same process namespace. */
  fateOf(holder: LeaseHolder): Promise<'gone' | 'alive' | 'unknown'>;
  /**
   * Values of the variables by which UEFI firmware knows what to start: `BootOrder`, `BootCurrent`, `Boot0000`… `undefined` when the machine
   * was not started by UEFI, or does not show them.
   */
  firmwareVariables?(): Promise<ReadonlyMap<string, Uint8Array> | undefined>;
}

/** Finds the physical disks below a path of this machine. */
export type FindDisksBelow = (path: string) => Promise<DisksBelow>;

/** A service as data: its token, what it is made from, and how. Any container can turn a list of these into bindings. */
export interface Service {
  readonly token: Token<unknown>;
  readonly dependencies: readonly Token<unknown>[];
  /** Called with one value for each dependency, in order. */
  make(...dependencies: unknown[]): unknown;
}

type Resolved<T extends readonly Token<unknown>[]> = {
  -readonly [K in keyof T]: T[K] extends Token<infer V> ? V : never;
};

/** Ties the types of token, dependencies and factory together. */
export function service<T, const D extends readonly Token<unknown>[]>(
  token: Token<T>,
  dependencies: D,
  make: (...resolved: Resolved<D>) => T,
): Service {
  return { token, dependencies, make };
}

/** A service that is there already. */
export function constant<T>(token: Token<T>, value: T): Service {
  return { token, dependencies: [], make: () => value };
}

export const tokens = {
  clock: token<Clock>('clock'),
  random: token<Random>('random'),
  log: token<Log>('log'),
  hasher: token<Hasher>('hasher'),
  machine: token<Machine>('machine'),
  disks: token<Disks>('disks'),
  disksBelow: token<FindDisksBelow>('disks-below'),
  /** In the order in which equally good ones are preferred: the shorter they hold writers up, the earlier. */
  snapshots: token<readonly SnapshotProvider[]>('snapshots'),
  plugins: token<readonly Plugin[]>('plugins'),
  host: token<Host>('host'),
  registry: token<Registry>('registry'),
  engine: token<Engine>('engine'),
} as const;
