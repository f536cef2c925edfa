import { isSysimageError, SysimageError, type Extent } from '@sysimage/core/plugin';
import { isForLater, type Attempts } from './attempts.js';
import type { Reading } from './interceptor.js';

/** Bytes after which reading has gone on, so that its tries count anew. */
const progress = 2 ** 20;
/** Bytes of a range that is read whole before any of it is passed on. */
const small = 4 * 2 ** 20;

/**
 * The bytes of a range, across replies that are cut off; none of them twice. They are all of one object: of the state that the reader
 * wants; or of one reply, when the range is small; or the state that the object had before is asked for.
 */
export function resumed(reading: Reading, attempts: Attempts): AsyncIterable<Uint8Array> {
  const { range, state } = reading;
  if (state !== undefined) return pieced(reading, attempts, () => Promise.resolve(state));
  return range.end - range.start <= small ? collected(reading, attempts) : pieced(reading, attempts, stateNow);

  async function stateNow(): Promise<string | undefined> {
    const stat = await reading.stat();
    return stat?.state;
  }
}

async function* pieced(
  reading: Reading,
  attempts: Attempts,
  stateOf: () => Promise<string | undefined>,
): AsyncIterable<Uint8Array> {
  const { range } = reading;
  let at = range.start;
  let failedAt = at;
  let known: { readonly state: string | undefined } | undefined;
  for (;;) {
    try {
      known ??= { state: await stateOf() };
      const isFirst = at === range.start;
      for await (const chunk of reading.get({ start: at, end: range.end }, isFirst ? reading.state : known.state)) {
        at += chunk.byteLength;
        yield chunk;
      }
      return;
    } catch (error) {
      const isBegun = at > range.start;
      if (isBegun && isForLater(error)) {
        if (at >= range.end) return;
        // Nobody could tell whether the rest is of the same object.
        if (known?.state === undefined) throw error;
      }
      if (isBegun && reading.state === undefined && isSysimageError(error, 'not-found')) throw replaced(error);
      if (at - failedAt >= progress) attempts.startOver();
      failedAt = at;
      await attempts.next(error);
    }
  }
}

async function* collected({ range, state, get }: Reading, attempts: Attempts): AsyncIterable<Uint8Array> {
  for (;;) {
    try {
      const bytes = await whole(range, get(range, state));
      if (bytes.byteLength > 0) yield bytes;
      return;
    } catch (error) {
      await attempts.next(error);
    }
  }
}

async function whole(range: Extent, chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const bytes = new Uint8Array(range.end - range.start);
  let at = 0;
  for await (const chunk of chunks) {
    if (at + chunk.byteLength > bytes.byteLength) {
      throw new SysimageError('corrupt', `The target returned more than the bytes ${range.start} to ${range.end}`, {
        operation: 'get',
      });
    }
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes.subarray(0, at);
}

function replaced(error: SysimageError): SysimageError {
  return new SysimageError('unavailable', 'The object was replaced while it was read', {
    operation: 'get',
    context: error.context,
    retry: 'later',
    cause: error,
  });
}
