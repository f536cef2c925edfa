import { SysimageError, type ObjectName, type RandomAccess, type RandomFile } from '@sysimage/core/plugin';
import type { Announce } from './calls.js';
import type { MemoryObject } from './memory-object.js';
import type { MemoryStore } from './memory-store.js';
import { SparseBytes } from './sparse-bytes.js';

export function randomAccess(store: MemoryStore, announce: Announce): RandomAccess {
  return {
    async open(name, options) {
      await announce('open', name, options);
      const object = store.find(name) ?? create(store, name, options.create === true);
      if (options.exclusive && !store.lock(object)) {
        throw new SysimageError('busy', `${name} is open exclusively`, { operation: 'open', context: { name } });
      }
      return openFile({ name, object, exclusive: options.exclusive }, store, announce);
    },
  };
}

function create(store: MemoryStore, name: ObjectName, allowed: boolean): MemoryObject {
  if (!allowed) {
    throw new SysimageError('not-found', `There is no object ${name}`, { operation: 'open', context: { name } });
  }
  const object = store.make(new SparseBytes());
  store.link(name, object);
  return object;
}

interface Opened {
  readonly name: ObjectName;
  readonly object: MemoryObject;
  readonly exclusive: boolean;
}

function openFile({ name, object, exclusive }: Opened, store: MemoryStore, announce: Announce): RandomFile {
  let closed = false;
  let poison: { readonly error: unknown } | undefined;
  const call = async (operation: Parameters<Announce>[0]): Promise<void> => {
    if (closed) throw new SysimageError('invalid', `${name} is closed`, { operation, context: { name } });
    await announce(operation, name);
  };
  return {
    size: async () => object.size,
    async read(offset, into) {
      await call('read');
      if (offset + into.byteLength > object.size) {
        throw new SysimageError('corrupt', `${name} ends at ${object.size}, before ${offset + into.byteLength}`, {
          operation: 'read',
          context: { name, offset },
        });
      }
      object.read(offset, into);
    },
    async write(offset, bytes) {
      await call('write');
      store.reserve(object.growth(offset, bytes.byteLength), 'write');
      object.write(offset, bytes);
      store.bytesWritten += bytes.byteLength;
      store.touch(object);
    },
    async truncate(size) {
      await call('truncate');
      object.truncate(size);
      store.touch(object);
    },
    async flush() {
      if (poison !== undefined) throw poison.error;
      try {
        await call('flush');
      } catch (error) {
        // What a failed flush left on the medium is not known, so a later one may not claim that all is well.
        poison = { error };
        throw error;
      }
      object.settle();
      store.flushes += 1;
    },
    async deallocate(range) {
      await call('deallocate');
      object.punch(range.start, range.end);
      store.touch(object);
    },
    async copyFrom(from, range, at) {
      await call('write');
      const bytes = new Uint8Array(range.end - range.start);
      await from.read(range.start, bytes);
      store.reserve(object.growth(at, bytes.byteLength), 'write');
      object.write(at, bytes);
      store.touch(object);
    },
    async close() {
      if (closed) return;
      closed = true;
      if (exclusive) store.unlock(object);
    },
  };
}
