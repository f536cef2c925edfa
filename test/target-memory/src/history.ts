import { SysimageError, type History, type ObjectName } from '@sysimage/core/plugin';
import { throwIfCancelled, type Announce } from './calls.js';
import type { MemoryObject } from './memory-object.js';
import type { CapturedState, MemoryStore } from './memory-store.js';
import { getBytes, statOf } from './reading.js';

/** States that the place itself keeps, each a copy of the objects it was asked for. */
export function history(store: MemoryStore, announce: Announce): History {
  const find = (name: ObjectName, state: string, operation: string): CapturedState => {
    const captured = store.captured.get(state);
    if (captured?.objects.has(name) === true) return captured;
    throw new SysimageError('not-found', `${name} has no state ${state}`, { operation, context: { name, state } });
  };
  return {
    async capture(names, options) {
      await announce('capture', names.join(' '), options);
      const objects = new Map<ObjectName, MemoryObject>();
      for (const name of names) {
        const object = store.find(name);
        if (object === undefined) {
          throw new SysimageError('not-found', `There is no object ${name}`, {
            operation: 'capture',
            context: { name },
          });
        }
        objects.set(name, object.clone());
      }
      store.captures += 1;
      const id = `state-${store.captures}`;
      const takenAt = store.now();
      store.captured.set(id, { takenAt, objects });
      return { id, takenAt };
    },
    async *list(name, options) {
      await announce('list', name, options);
      for (const [id, { takenAt, objects }] of store.captured) {
        throwIfCancelled('list', options);
        if (objects.has(name)) yield { id, takenAt };
      }
    },
    async open(name, state, options) {
      await announce('open', name, options);
      const { objects } = find(name, state, 'open');
      return {
        stat: async (wanted) => {
          const object = objects.get(wanted);
          return object === undefined ? undefined : statOf(wanted, object);
        },
        get: async function* get(wanted, range, getOptions) {
          yield* getBytes(wanted, objects.get(wanted), range, getOptions);
        },
      };
    },
    async restore(name, state, options) {
      await announce('put', name, options);
      const object = find(name, state, 'restore').objects.get(name)?.clone();
      if (object === undefined) return;
      store.touch(object);
      store.link(name, object);
    },
    async drop(state, options) {
      await announce('remove', state, options);
      store.captured.delete(state);
    },
  };
}
