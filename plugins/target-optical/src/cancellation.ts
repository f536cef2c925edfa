import { SysimageError, type CallOptions } from '@sysimage/core/plugin';

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

function cancelled(operation: string): SysimageError {
  return new SysimageError('cancelled', `The ${operation} was cancelled`, { operation });
}
