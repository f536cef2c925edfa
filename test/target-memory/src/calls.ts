import { SysimageError, type CallOptions } from '@sysimage/core/plugin';

export type MemoryOperation =
  | 'stat'
  | 'list'
  | 'get'
  | 'put'
  | 'remove'
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'flush'
  | 'deallocate'
  | 'capacity'
  | 'begin'
  | 'commit'
  | 'abort'
  | 'capture'
  | 'acquire'
  | 'locate'
  | 'extend';

/** One call, before it has any effect. `name` is the object, the prefix of a list, or the id of a batch. */
export interface MemoryCall {
  readonly operation: MemoryOperation;
  readonly name: string;
  /** Counts all calls of one target, from 0. */
  readonly index: number;
}

/** May throw: then the call rejects with that error and has no effect. */
export type OnCall = (call: MemoryCall) => void | Promise<void>;

export type Announce = (operation: MemoryOperation, name: string, options?: CallOptions) => Promise<void>;

/** Tells the hook of each call and ends calls that are cancelled. */
export function announcer(onCall: OnCall | undefined): Announce {
  let next = 0;
  return async (operation, name, options) => {
    throwIfCancelled(operation, options);
    const index = next;
    next += 1;
    await onCall?.({ operation, name, index });
  };
}

export function throwIfCancelled(operation: MemoryOperation, options: CallOptions | undefined): void {
  if (options?.signal?.aborted !== true) return;
  throw new SysimageError('cancelled', `The ${operation} was cancelled`, { operation });
}

/** The operations that change something, or make ready to. */
export const changingOperations: readonly MemoryOperation[] = [
  'put',
  'remove',
  'open',
  'write',
  'truncate',
  'flush',
  'deallocate',
  'begin',
  'commit',
  'abort',
  'capture',
];

/** A process that dies at call `index`: that call and every later one rejects, so nothing cleans up after it. */
export function failFrom(index: number, error: Error = new SysimageError('unavailable', 'The target is gone')): OnCall {
  return (call) => {
    if (call.index >= index) throw error;
  };
}

/** Counts the calls that change something; a sweep runs once with it and then fails at each of them. */
export function recordCalls(): {
  readonly calls: readonly MemoryCall[];
  readonly onCall: OnCall;
  changes(): readonly MemoryCall[];
} {
  const calls: MemoryCall[] = [];
  return {
    calls,
    onCall: (call) => void calls.push(call),
    changes: () => calls.filter((call) => changingOperations.includes(call.operation)),
  };
}
