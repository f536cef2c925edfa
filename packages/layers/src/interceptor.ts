import type { Chunks, Extent, ObjectStat } from '@sysimage/core/plugin';
import type { Call } from './call.js';

/** The bytes of an object that somebody wants: the call as it was made, and how to make it again for a part. */
export interface Reading {
  readonly range: Extent;
  /** Only if the object is in this state. */
  readonly state: string | undefined;
  readonly get: (range: Extent, state: string | undefined) => AsyncIterable<Uint8Array>;
  readonly stat: () => Promise<ObjectStat | undefined>;
}

/** What a wrapper does around each call. What it leaves out goes through as it is, and calls with bytes through `once`. */
export interface Interceptor {
  /** A call with one answer. `work` makes it, every time it is called. */
  once<T>(call: Call, work: () => Promise<T>): Promise<T>;
  get?(call: Call, reading: Reading): AsyncIterable<Uint8Array>;
  /** `begin` lists what comes after `last`, or all. */
  list?<T extends object>(call: Call, begin: (last: T | undefined) => AsyncIterable<T>): AsyncIterable<T>;
  put?(call: Call, chunks: Chunks, work: (chunks: Chunks) => Promise<ObjectStat>): Promise<ObjectStat>;
  /** Fills `into` from `offset` of an open object. */
  read?(
    call: Call,
    offset: number,
    into: Uint8Array,
    work: (offset: number, into: Uint8Array) => Promise<void>,
  ): Promise<void>;
  write?(
    call: Call,
    offset: number,
    bytes: Uint8Array,
    work: (offset: number, bytes: Uint8Array) => Promise<void>,
  ): Promise<void>;
}
