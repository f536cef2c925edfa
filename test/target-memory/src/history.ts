import { SysimageError, type History } from '@sysimage/core/plugin';
import type { Announce } from './calls.js';
import type { MemoryStore } from './memory-store.js';
import { statOf } from './reading.js';

/** Copies that share pages until one of the two is written. */
export function history(store: MemoryStore, announce: Announce): History {
  return {
    async capture(name, copy, options) {
      await announce('capture', `${name} ${copy}`, options);
      const object = store.find(name);
      if (object === undefined) {
        throw new SysimageError('not-found', `There is no object ${name}`, { operation: 'capture', context: { name } });
      }
      const made = object.clone();
      store.touch(made);
      store.link(copy, made);
      return statOf(copy, made);
    },
  };
}
