import { isSysimageError, type Chunks, type Extent, type Target } from '@sysimage/core/plugin';
import type { Call } from './call.js';
import type { WaitingClock } from './host.js';
import { intercepted } from './intercepted.js';

export interface TraceOptions {
  readonly clock: Pick<WaitingClock, 'now'>;
  /** Takes one line of JSON, without its end. */
  readonly write: (line: string) => void;
}

/**
 * Writes a line for every call, when it ends: `time` (of its beginning), `facet`, `operation`, `name`, `ranges` (`[start, end)`), `bytes`
 * that moved, `milliseconds`, `outcome`: `done`, `left` by the reader before the end, or the code of the error. Names and numbers only: no content, no text of servers, no secrets.
 */
export function traced(target: Target, options: TraceOptions): Target {
  return intercepted(target, {
    once: (call, work) => new Trace(call, options).follow(work),
    get: (call, { range, state, get }) => counted(get(range, state), new Trace(call, options)),
    list: (call, begin) => counted(begin(undefined), new Trace(call, options)),
    put(call, chunks, work) {
      const trace = new Trace(call, options);
      return trace.follow(() => work(counting(chunks, trace)));
    },
    read: (call, offset, into, work) => followed(call, into.byteLength, options, () => work(offset, into)),
    write: (call, offset, bytes, work) => followed(call, bytes.byteLength, options, () => work(offset, bytes)),
  });
}

class Trace {
  readonly #call: Call;
  readonly #options: TraceOptions;
  readonly #begun: Date;
  #bytes: number | undefined;

  constructor(call: Call, options: TraceOptions) {
    this.#call = call;
    this.#options = options;
    this.#begun = options.clock.now();
  }

  moved(bytes: number): void {
    this.#bytes = (this.#bytes ?? 0) + bytes;
  }

  async follow<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.end('done');
      return result;
    } catch (error) {
      this.end(codeOf(error));
      throw error;
    }
  }

  end(outcome: string): void {
    const { operation, name, ranges } = this.#call;
    const [first = '', second] = operation.split('.');
    const fields = {
      time: this.#begun.toISOString(),
      ...(second === undefined ? { operation: first } : { facet: first, operation: second }),
      name,
      ...(ranges.length === 0 ? {} : { ranges: ranges.map(({ start, end }: Extent) => [start, end]) }),
      ...(this.#bytes === undefined ? {} : { bytes: this.#bytes }),
      milliseconds: this.#options.clock.now().getTime() - this.#begun.getTime(),
      outcome,
    };
    this.#options.write(JSON.stringify(fields));
  }
}

async function followed(call: Call, bytes: number, options: TraceOptions, work: () => Promise<void>): Promise<void> {
  const trace = new Trace(call, options);
  await trace.follow(async () => {
    await work();
    trace.moved(bytes);
  });
}

async function* counted<T extends object>(items: AsyncIterable<T>, trace: Trace): AsyncIterable<T> {
  let outcome = 'left';
  try {
    for await (const item of items) {
      if (item instanceof Uint8Array) trace.moved(item.byteLength);
      yield item;
    }
    outcome = 'done';
  } catch (error) {
    outcome = codeOf(error);
    throw error;
  } finally {
    trace.end(outcome);
  }
}

function counting(chunks: Chunks, trace: Trace): Chunks {
  return async function* sent() {
    for await (const chunk of chunks()) {
      trace.moved(chunk.byteLength);
      yield chunk;
    }
  };
}

function codeOf(error: unknown): string {
  return isSysimageError(error) ? error.code : 'internal';
}
