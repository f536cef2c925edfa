import { SysimageError, type Batches, type ObjectName } from '@sysimage/core/plugin';
import type { Announce } from './calls.js';
import type { MemoryStore } from './memory-store.js';
import { collect } from './whole-object.js';

interface BatchContext {
  readonly store: MemoryStore;
  readonly announce: Announce;
  readonly writeOnce: boolean;
}

export function batches({ store, announce, writeOnce }: BatchContext): Batches {
  return {
    async begin(spec, beginOptions) {
      await announce('begin', spec.id, beginOptions);
      const objects = store.batch(spec.id);
      let bytes = 0;
      for (const object of objects.values()) bytes += object.size;
      store.reserve(spec.size - Math.min(spec.size, bytes), 'begin');
      let open = true;
      const assertOpen = (operation: string): void => {
        if (!open) throw new SysimageError('invalid', `The batch ${spec.id} has ended`, { operation });
      };
      return {
        async put(name, size, chunks, options) {
          assertOpen('put');
          await announce('put', name, options);
          if (writeOnce) refuseReplacing(store, name);
          const object = store.make(await collect(store, { name, size }, chunks, options));
          objects.set(name, object);
          return { name, size, modified: object.modified, state: `${object.generation}` };
        },
        async commit(options) {
          assertOpen('commit');
          await announce('commit', spec.id, options);
          for (const name of objects.keys()) store.refuseRetained(name, 'commit');
          open = false;
          store.dropBatch(spec.id);
          for (const [name, object] of objects) store.link(name, object);
        },
        async abort() {
          if (!open) return;
          await announce('abort', spec.id);
          open = false;
          store.dropBatch(spec.id);
        },
      };
    },
  };
}

/** What was burnt stays. */
export function refuseReplacing(store: MemoryStore, name: ObjectName): void {
  if (store.find(name) === undefined) return;
  throw new SysimageError('unsupported', `${name} is there and the medium can be written only once`, {
    operation: 'put',
    context: { name },
  });
}
