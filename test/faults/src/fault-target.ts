import { completeTarget, SysimageError, type ObjectName, type Target, type TargetParts } from '@sysimage/core/plugin';
import { faultBatches } from './fault-batches.js';
import type { Fault } from './fault.js';
import { faultFiles } from './fault-files.js';
import { Troubles } from './troubles.js';

/** What lies below a target and knows more of power and space than the contract says. `MemoryStore` is one. */
export interface Medium {
  /** The system took what was not flushed of an object for written, although it may not be. */
  forget(name: ObjectName): void;
  /** There is no more room than what is taken. */
  fillUp(): void;
}

export interface FaultTargetOptions {
  readonly faults: readonly Fault[];
  /** Of what is left to chance: sectors that survive a torn write, the length of delays. */
  readonly seed?: number;
  /** Without one, `fill-up` refuses all objects that are new or grow, and a rejected flush is only rejected. */
  readonly medium?: Medium;
}

export type FaultTarget = Target & { readonly troubles: Troubles };

/** Another target, and everything that can happen to it. */
export function createFaultTarget(inner: Target, { faults, seed = 0, medium }: FaultTargetOptions): FaultTarget {
  let isFull = false;
  const troubles = new Troubles(faults, seed, () => {
    if (medium === undefined) isFull = true;
    else medium.fillUp();
  });
  const assertRoom = (needs: boolean): void => {
    if (isFull && needs) throw new SysimageError('no-space', 'the target is full');
  };
  const { random, batch, history, capacity, ...others } = inner.facets;
  const parts: TargetParts = {
    traits: inner.traits,
    facets: {
      ...others,
      ...(random === undefined ? {} : { random: faultFiles(random, { troubles, medium, assertRoom }) }),
      ...(batch === undefined ? {} : { batch: faultBatches(batch, troubles, assertRoom) }),
      ...(history === undefined
        ? {}
        : {
            history: {
              capture: (name, copy, options) =>
                troubles.call('capture', `${name} ${copy}`, () => history.capture(name, copy, options)),
            },
          }),
      ...(capacity === undefined
        ? {}
        : { capacity: { read: (options) => troubles.call('capacity', '', () => capacity.read(options)) } }),
    },
    stat: (name, options) => troubles.call('stat', name, () => inner.stat(name, options)),
    async *list(prefix, options) {
      await troubles.call('list', prefix, () => Promise.resolve());
      yield* inner.list(prefix, options);
    },
    async *get(name, range, options) {
      await troubles.call('get', name, () => Promise.resolve());
      yield* inner.get(name, range, options);
    },
    put: (name, size, chunks, options) =>
      troubles.call('put', name, () => {
        assertRoom(size > 0);
        return inner.put(name, size, chunks, options);
      }),
    remove: (name, options) => troubles.call('remove', name, () => inner.remove(name, options)),
    close: () => inner.close(),
  };
  return { ...completeTarget(parts), troubles };
}
