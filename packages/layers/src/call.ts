import type { CallOptions, Extent } from '@sysimage/core/plugin';

interface Nature {
  /** It may leave the place other than it was, or keep others from changing it. */
  readonly changes: boolean;
  /** Made a second time, it comes to the same, also when the first one was done and only its answer was lost. */
  readonly repeatable: boolean;
}

const asks: Nature = { changes: false, repeatable: true };
const asksOnce: Nature = { changes: false, repeatable: false };
const changes: Nature = { changes: true, repeatable: true };
const changesOnce: Nature = { changes: true, repeatable: false };

/** Everything that can be asked of a target and of what it opens; before the dot stands the facet. */
export const operations = {
  stat: asks,
  list: asks,
  get: asks,
  put: changes,
  remove: changes,
  close: asksOnce,
  // With `create` or `exclusive` it changes something, see there.
  'random.open': asks,
  'random.size': asks,
  'random.read': asks,
  // Of an open object nobody knows what a failed change left behind.
  'random.write': changesOnce,
  'random.truncate': changesOnce,
  'random.deallocate': changesOnce,
  'random.copy': changesOnce,
  'random.flush': changesOnce,
  'random.close': asksOnce,
  'batch.begin': changes,
  'batch.put': changes,
  'batch.commit': changesOnce,
  'batch.abort': changesOnce,
  'history.capture': changes,
  'capacity.read': asks,
  'lease.acquire': changesOnce,
  'lease.release': changesOnce,
  'media.locate': asks,
  'retention.extend': changes,
  'retention.read': asks,
} as const satisfies Readonly<Record<string, Nature>>;

export type Operation = keyof typeof operations;

/** One call of a target, or of something that it opened. */
export interface Call extends Nature {
  readonly operation: Operation;
  /** The object, the prefix of a list, the id of a batch; '' for what is about the whole place. */
  readonly name: string;
  readonly ranges: readonly Extent[];
  /** Ends the call. */
  readonly signal: AbortSignal | undefined;
}

export function callOf(
  operation: Operation,
  name: string,
  options?: CallOptions,
  ranges: readonly Extent[] = [],
): Call {
  return { operation, name, ranges, signal: options?.signal, ...operations[operation] };
}

/**
 * What ends the waiting of a call: its own signal, or that of the whole work. When the whole work has been given up already, the call
 * is there to clean up, and goes on.
 */
export function waitingSignal(call: Call, whole: AbortSignal | undefined): AbortSignal | undefined {
  return call.signal ?? (whole?.aborted === true ? undefined : whole);
}
