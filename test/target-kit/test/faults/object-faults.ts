import { objectName, type ObjectName, SysimageError } from '@sysimage/core/plugin';
import { all } from '../../src/bytes.js';
import { but, collect, contentOf, one, type PlantedFault } from './spoil.js';

const large = 'put and get: 9 MiB in pieces of a buffer that is used again';
const replaced = 'put: replaces an older object, whole';
const sameSize = 'put: replaces an object by another of the same size';
const removed = 'remove: durable, and a missing object is fine';

export const objectFaults: readonly PlantedFault[] = [
  {
    name: 'empty objects are not kept',
    caughtBy: 'put and get: empty objects',
    spoil: (target) =>
      but(target, {
        put: async (name, size, ...rest) => (size === 0 ? { name, size } : target.put(name, size, ...rest)),
      }),
  },
  {
    name: 'put keeps the chunks it was lent',
    caughtBy: large,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const kept: Uint8Array[] = [];
          for await (const chunk of chunks()) kept.push(chunk);
          return target.put(
            name,
            size,
            async function* again() {
              yield* kept;
            },
            options,
          );
        },
      }),
  },
  {
    name: 'get yields no more than 64 KiB, and says nothing',
    caughtBy: large,
    spoil: (target) =>
      but(target, {
        get: (name, { start, end }, options) =>
          target.get(name, { start, end: Math.min(end, start + 65_536) }, options),
      }),
  },
  {
    name: 'bytes beyond the first MiB are dropped',
    caughtBy: large,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const bytes = await collect(chunks);
          if (bytes.length !== size) return target.put(name, size, chunks, options);
          const kept = bytes.subarray(0, 2 ** 20);
          return target.put(name, kept.length, () => one(kept), options);
        },
      }),
  },
  {
    name: 'bytes beyond the first MiB are zeros',
    caughtBy: large,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const bytes = await collect(chunks);
          bytes.fill(0, 2 ** 20);
          return target.put(name, size, () => one(bytes), options);
        },
      }),
  },
  {
    name: 'what was put is written when the target is closed',
    caughtBy: 'put: durable and visible to others when it resolves',
    spoil: (target) => {
      const waiting = new Map<ObjectName, Uint8Array>();
      const spoilt = but(target, {
        put: async (name, size, chunks) => {
          waiting.set(name, await collect(chunks));
          return { name, size };
        },
      });
      return {
        ...spoilt,
        close: async () => {
          for (const [name, bytes] of waiting) await target.put(name, bytes.length, () => one(bytes));
          await target.close();
        },
      };
    },
  },
  {
    name: 'put over a longer object leaves its tail',
    caughtBy: replaced,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const tail = (await contentOf(target, name))?.subarray(size) ?? new Uint8Array(0);
          const bytes = await collect(chunks);
          if (bytes.length !== size) return target.put(name, size, chunks, options);
          const both = new Uint8Array(Buffer.concat([bytes, tail]));
          return target.put(name, both.length, () => one(both), options);
        },
      }),
  },
  {
    name: 'put over an object does nothing',
    caughtBy: replaced,
    spoil: (target) =>
      but(target, { put: async (name, ...rest) => (await target.stat(name)) ?? target.put(name, ...rest) }),
  },
  {
    name: 'the state is always the same',
    caughtBy: replaced,
    spoil: (target) =>
      but(target, {
        stat: async (name, options) => {
          const stat = await target.stat(name, options);
          return stat === undefined ? undefined : { ...stat, state: 'same' };
        },
      }),
  },
  {
    name: 'an object of the same size is taken for the same',
    caughtBy: sameSize,
    spoil: (target) =>
      but(target, {
        put: async (name, size, ...rest) => {
          const old = await target.stat(name);
          return old?.size === size ? old : target.put(name, size, ...rest);
        },
      }),
  },
  {
    name: 'what was read once is read from memory, also when it was replaced',
    caughtBy: sameSize,
    spoil: (target) => {
      const known = new Map<ObjectName, Uint8Array>();
      return but(target, {
        get: async function* get(name, { start, end }) {
          const bytes = known.get(name) ?? (await contentOf(target, name)) ?? new Uint8Array(0);
          known.set(name, bytes);
          yield bytes.subarray(start, end);
        },
      });
    },
  },
  {
    name: 'remove of a missing object is an error',
    caughtBy: removed,
    spoil: (target) =>
      but(target, {
        remove: async (name, options) => {
          if ((await target.stat(name)) === undefined) throw new SysimageError('not-found', 'not there');
          await target.remove(name, options);
        },
      }),
  },
  {
    name: 'remove does nothing',
    caughtBy: removed,
    spoil: (target) => but(target, { remove: () => Promise.resolve() }),
  },
  {
    name: 'remove lasts until the target is opened anew',
    caughtBy: removed,
    spoil: (target) => {
      const gone = new Set<ObjectName>();
      return but(target, {
        remove: async (name) => void gone.add(name),
        stat: async (name, options) => (gone.has(name) ? undefined : target.stat(name, options)),
      });
    },
  },
  {
    name: 'list shows removed objects',
    caughtBy: removed,
    spoil: (target) =>
      but(target, {
        remove: async (name) => void (await target.put(name, 0, () => one(new Uint8Array(0)))),
        stat: async (name, options) => {
          const stat = await target.stat(name, options);
          return stat?.size === 0 ? undefined : stat;
        },
      }),
  },
  {
    name: 'remove takes everything beside the name as well',
    caughtBy: 'remove: takes the object and no other',
    spoil: (target) =>
      but(target, {
        remove: async (name, options) => {
          const folder = objectName(...name.split('/').slice(0, -1));
          for (const stat of await all(target.list(folder))) await target.remove(stat.name, options);
        },
      }),
  },
  {
    name: 'remove takes every name that begins so',
    caughtBy: 'remove: takes the object and no other',
    spoil: (target) =>
      but(target, {
        remove: async (name, options) => {
          for (const stat of await all(target.list(''))) {
            if (stat.name.startsWith(name)) await target.remove(stat.name, options);
          }
        },
      }),
  },
];
