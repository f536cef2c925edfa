import type { Chunks, Target } from '@sysimage/core/plugin';
import { Attempts, type RetryOptions } from './attempts.js';
import type { Call } from './call.js';
import { intercepted } from './intercepted.js';
import { resumed } from './resumed.js';

/** Names after which a list has gone on, so that its tries count anew. */
const progress = 1000;

/**
 * Repeats calls that failed with `retry: 'later'`, exactly as they were made: a `put` asks for its bytes again, a `get` goes on where it
 * was, a `list` after the last name. What may be half done on an open object is never repeated, least of all a flush. When it gives up,
 * the last error comes through as `exhausted`, with the number of tries.
 */
export function retrying(target: Target, options: RetryOptions): Target {
  if (!Number.isSafeInteger(options.tries) || options.tries < 1) throw new RangeError(`not a count: ${options.tries}`);
  return intercepted(target, {
    once: (call, work) => repeated(call, options, work),
    get: (call, reading) => resumed(reading, new Attempts(call, options)),
    list: (call, begin) => listed(new Attempts(call, options), begin),
    async put(call, chunks, work) {
      const watched = watch(chunks);
      return repeated(call, options, async () => {
        try {
          return await work(watched.chunks);
        } catch (error) {
          // The fault of whoever gives the bytes is not the target's, and may not be asked for again.
          throw watched.failed() ? new OfTheSource(error) : error;
        }
      }).catch((error: unknown) => {
        throw error instanceof OfTheSource ? error.cause : error;
      });
    },
  });
}

class OfTheSource extends Error {
  constructor(cause: unknown) {
    super('the source of the bytes failed', { cause });
  }
}

async function repeated<T>(call: Call, options: RetryOptions, work: () => Promise<T>): Promise<T> {
  const attempts = new Attempts(call, options);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      await attempts.next(error);
    }
  }
}

async function* listed<T extends object>(
  attempts: Attempts,
  begin: (last: T | undefined) => AsyncIterable<T>,
): AsyncIterable<T> {
  let last: T | undefined;
  let count = 0;
  for (;;) {
    try {
      for await (const item of begin(last)) {
        last = item;
        count += 1;
        yield item;
      }
      return;
    } catch (error) {
      if (count >= progress) attempts.startOver();
      count = 0;
      await attempts.next(error);
    }
  }
}

function watch(chunks: Chunks): { readonly chunks: Chunks; readonly failed: () => boolean } {
  let hasFailed = false;
  return {
    chunks: async function* watched() {
      hasFailed = false;
      try {
        yield* chunks();
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    },
    failed: () => hasFailed,
  };
}
