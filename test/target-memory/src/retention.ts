import { SysimageError, type ObjectName, type Retention } from '@sysimage/core/plugin';
import type { Announce } from './calls.js';
import type { MemoryStore } from './memory-store.js';

export function retention(store: MemoryStore, announce: Announce): Retention {
  const assertThere = (name: ObjectName, operation: string): void => {
    if (store.find(name) !== undefined) return;
    throw new SysimageError('not-found', `There is no object ${name}`, { operation, context: { name } });
  };
  return {
    async extend(name, until, options) {
      await announce('extend', name, options);
      assertThere(name, 'extend');
      const before = store.retained.get(name);
      if (before === undefined || before < until) store.retained.set(name, until);
    },
    async read(name, options) {
      await announce('stat', name, options);
      assertThere(name, 'read');
      return store.retained.get(name);
    },
  };
}
