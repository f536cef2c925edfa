import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { types } from 'node:util';
import { blake3 } from '@napi-rs/blake-hash';
import type { Hasher } from '@sysimage/core';
import { digestSize, digestUnits } from './digest-units.js';
import { HashThread, ThreadGone } from './hash-thread.js';

/** Hashed before others have their turn: a read or write that ended must not wait for long until the next one begins. */
const bytesAtOnce = 256 * 1024;
/** Fewer bytes are hashed sooner than a thread has heard of them. */
const leastForThread = 256 * 1024;
/** Bytes, hashed on the calling thread or expected, for which another one is worth its start. */
const bytesBeforeThreads = 64 * 1024 * 1024;
/** They read more than any disk gives, and each takes about 15 MiB. */
const mostThreads = 3;

export interface HasherOptions {
  /** Threads besides the calling one, which has little to do meanwhile. Unless told, as many as the machine has processors, three at most. */
  readonly threads?: number;
  readonly start?: () => HashThread;
}

/**
 * BLAKE3: 4 to 6 GB/s with units of 64 KiB, on one thread. Where there is much of it, and the bytes lie in shared memory, it goes on
 * in threads of its own, which can read them too; copying the bytes to them would cost as much as hashing, so all others are hashed on the calling thread.
 */
export function createHasher({
  threads: most = defaultThreads(),
  start = () => new HashThread(),
}: HasherOptions = {}): Hasher {
  let threads: readonly HashThread[] | undefined;
  let hashedHere = 0;

  function startFor(bytes: number): void {
    if (bytes >= bytesBeforeThreads) threads ??= Array.from({ length: most }, start);
  }

  function idlest(): HashThread | undefined {
    startFor(hashedHere);
    const [best] = (threads ?? []).filter(({ isReady }) => isReady).toSorted((a, b) => a.load - b.load);
    return best;
  }

  /** Only memory that is shared can be seen from there. */
  function threadFor(bytes: Uint8Array): HashThread | undefined {
    return bytes.byteLength >= leastForThread && types.isSharedArrayBuffer(bytes.buffer) ? idlest() : undefined;
  }

  async function digestHere(bytes: Uint8Array, unit: number): Promise<Uint8Array> {
    hashedHere += bytes.byteLength;
    const count = Math.ceil(bytes.byteLength / unit);
    const unitsAtOnce = Math.max(1, Math.floor(bytesAtOnce / unit));
    const digests = Buffer.alloc(count * digestSize);
    for (let from = 0; from < count; from += unitsAtOnce) {
      if (from > 0) await setImmediate();
      digestUnits(bytes, unit, from, Math.min(count, from + unitsAtOnce), digests);
    }
    return new Uint8Array(digests.buffer, digests.byteOffset, digests.byteLength);
  }

  return {
    digest: (bytes) => new Uint8Array(blake3(bytes)),
    expect: startFor,
    async digestEach(bytes, unit) {
      assertUnit(unit);
      return (await unlessGone(threadFor(bytes)?.digestEach(bytes, unit))) ?? digestHere(bytes, unit);
    },
    digestFrom({ into, unit, ...from }) {
      assertUnit(unit);
      const thread = threadFor(into);
      return thread === undefined ? undefined : unlessGone(thread.digestEach(into, unit, from));
    },
  };
}

async function unlessGone(digests: Promise<Uint8Array | undefined> | undefined): Promise<Uint8Array | undefined> {
  try {
    return await digests;
  } catch (error) {
    if (error instanceof ThreadGone) return undefined;
    throw error;
  }
}

function assertUnit(unit: number): void {
  if (!Number.isSafeInteger(unit) || unit <= 0) throw new RangeError(`not a unit: ${unit}`);
}

function defaultThreads(): number {
  return Math.min(mostThreads, availableParallelism());
}
