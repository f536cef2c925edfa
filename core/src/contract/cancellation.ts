import { SysimageError } from './errors.js';
import type { CallOptions } from './target.js';

/** Throws `cancelled` when the caller has given up. */
export function throwIfCancelled(operation: string, options: CallOptions | undefined): void {
  if (options?.signal?.aborted === true) throw cancelled(operation);
}

/** Passes the parts on; ends with `cancelled` also while the source keeps us waiting. */
export async function* untilCancelled<T>(
  operation: string,
  parts: AsyncIterable<T>,
  options: CallOptions | undefined,
): AsyncIterable<T> {
  const signal = options?.signal;
  if (signal === undefined) {
    yield* parts;
    return;
  }
  throwIfCancelled(operation, options);
  const iterator = parts[Symbol.asyncIterator]();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled(operation));
    signal.addEventListener('abort', stop, { once: true });
  });
  aborted.catch(() => {});
  let ended = false;
  try {
    for (;;) {
      const next = await Promise.race([aborted, iterator.next()]);
      if (next.done === true) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
    // A source that hangs would keep us waiting here as well.
    if (!ended) iterator.return?.().catch(() => {});
  }
}

/** The same work; ends with `cancelled` also while it keeps us waiting. The work itself goes on, and nobody hears of it. */
export async function orCancelled<T>(
  operation: string,
  work: Promise<T>,
  options: CallOptions | undefined,
): Promise<T> {
  const signal = options?.signal;
  if (signal === undefined) return work;
  work.catch(() => {});
  throwIfCancelled(operation, options);
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled(operation));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

function cancelled(operation: string): SysimageError {
  return new SysimageError('cancelled', `The ${operation} was cancelled`, { operation });
}
