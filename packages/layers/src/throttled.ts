import type { Target } from '@sysimage/core/plugin';
import { waitingSignal, type Call } from './call.js';
import type { WaitingClock } from './host.js';
import { intercepted } from './intercepted.js';
import { TokenBucket } from './token-bucket.js';

/** Bytes to the target, bytes from it. */
export type Direction = 'upload' | 'download';

/** Bytes per second at a moment, 1 or more; `undefined`: as fast as it goes. */
export type LimitAt = (direction: Direction, now: Date) => number | undefined;

export interface ThrottleOptions {
  readonly clock: WaitingClock;
  readonly limit: LimitAt;
  /** Of the whole work: ends the waiting of calls that have no signal of their own. */
  readonly signal?: AbortSignal;
}

/**
 * Moves no more bytes than the limit allows: within any time at most that of one second more. Reads and writes of open objects go in
 * pieces of a quarter of a second, and calls at the same time take turns with theirs, so that a small one never waits for a large one.
 */
export function throttled(target: Target, { clock, limit, signal }: ThrottleOptions): Target {
  const upload = new TokenBucket(clock, (now) => limit('upload', now));
  const download = new TokenBucket(clock, (now) => limit('download', now));
  return intercepted(target, {
    once: (_, work) => work(),
    put: (call, chunks, work) => work(() => paced(chunks(), upload, call, signal)),
    get: (call, { range, state, get }) => paced(get(range, state), download, call, signal),
    read: (call, offset, into, work) => inTurns(offset, into, download, call, signal, work),
    write: (call, offset, bytes, work) => inTurns(offset, bytes, upload, call, signal, work),
  });
}

async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  bucket: TokenBucket,
  call: Call,
  whole: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength;) {
      const end = at + (await bucket.take(chunk.byteLength - at, call.operation, waitingSignal(call, whole)));
      yield chunk.subarray(at, end);
      at = end;
    }
  }
}

async function inTurns(
  offset: number,
  bytes: Uint8Array,
  bucket: TokenBucket,
  call: Call,
  whole: AbortSignal | undefined,
  work: (offset: number, piece: Uint8Array) => Promise<void>,
): Promise<void> {
  if (bytes.byteLength === 0) await work(offset, bytes);
  for (let at = 0; at < bytes.byteLength;) {
    const end = at + (await bucket.take(bytes.byteLength - at, call.operation, waitingSignal(call, whole)));
    await work(offset + at, bytes.subarray(at, end));
    at = end;
  }
}
