import { objectName, SysimageError } from '@sysimage/core/plugin';
import { but, collect, one, type PlantedFault } from './spoil.js';

export const putFaults: readonly PlantedFault[] = [
  {
    name: 'a truncated put is accepted',
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const bytes = await collect(chunks);
          if (bytes.length >= size) return target.put(name, size, chunks, options);
          return target.put(name, bytes.length, () => one(bytes), options);
        },
      }),
  },
  {
    name: 'a put that is too long is cut',
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const bytes = await collect(chunks);
          return bytes.length > size
            ? target.put(name, size, () => one(bytes.subarray(0, size)), options)
            : target.put(name, size, chunks, options);
        },
      }),
  },
  {
    name: 'put keeps the chunks it was lent',
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const kept: Uint8Array[] = [];
          let length = 0;
          for await (const chunk of chunks()) {
            kept.push(chunk);
            length += chunk.length;
            if (options?.signal?.aborted === true) break;
          }
          if (length !== size || options?.signal?.aborted === true) return target.put(name, size, chunks, options);
          return target.put(name, size, async function* again() {
            yield* kept;
          });
        },
      }),
  },
  {
    name: 'put removes the old object before it writes the new one',
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          if (!target.traits.writeOnce) await target.remove(name);
          return target.put(name, size, chunks, options);
        },
      }),
  },
  {
    name: 'put over a longer object leaves its tail',
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const old = await target.stat(name);
          const bytes = await collect(chunks);
          if (old === undefined || old.size <= size || bytes.length !== size)
            return target.put(name, size, chunks, options);
          const tail = await collect(() => target.get(name, { start: size, end: old.size }));
          return target.put(name, old.size, async function* both() {
            yield bytes;
            yield tail;
          });
        },
      }),
  },
  {
    name: 'put does not hear the abort signal',
    spoil: (target) =>
      but(target, {
        put: (name, size, chunks) => target.put(name, size, chunks),
      }),
  },
  {
    name: 'a failed put leaves a temporary object',
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          try {
            return await target.put(name, size, chunks, options);
          } catch (error) {
            const left = objectName('kit', 'left.part');
            await target.put(left, 1, () => one(new Uint8Array(1))).catch(() => undefined);
            throw error;
          }
        },
      }),
  },
  {
    name: 'put calls every failure internal',
    spoil: (target) =>
      but(target, {
        put: (...call) =>
          target.put(...call).catch((error: unknown) => {
            throw new SysimageError('internal', 'something went wrong', { cause: error });
          }),
      }),
  },
  {
    name: 'put asks for the bytes twice at once',
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const ahead = chunks()[Symbol.asyncIterator]();
          await ahead.next().catch(() => undefined);
          try {
            return await target.put(name, size, chunks, options);
          } finally {
            await ahead.return?.();
          }
        },
      }),
  },
  {
    name: 'put leaves whoever gives the bytes waiting',
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const stat = await target.put(name, size, chunks, options);
          await chunks()[Symbol.asyncIterator]().next();
          return stat;
        },
      }),
  },
];
