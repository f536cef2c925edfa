import type { ObjectName } from '@sysimage/core/plugin';
import { but, collect, one, type PlantedFault } from './spoil.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const concurrentFaults: readonly PlantedFault[] = [
  {
    name: 'all puts go through one temporary object',
    caughtBy: 'put: many at once, of different objects',
    spoil: (target) => {
      let temporary = new Uint8Array(0);
      return but(target, {
        put: async (name, _, chunks, options) => {
          temporary = Uint8Array.from(await collect(chunks));
          await turn();
          const bytes = temporary;
          return target.put(name, bytes.length, () => one(bytes), options);
        },
      });
    },
  },
  {
    name: 'puts at once are refused',
    caughtBy: 'put: many at once, of different objects',
    spoil: (target) => {
      let busy = false;
      return but(target, {
        put: async (...call) => {
          if (busy) throw new Error('a put goes on');
          busy = true;
          await turn();
          return target.put(...call).finally(() => (busy = false));
        },
      });
    },
  },
  {
    name: 'of two puts at once each writes a part of the object',
    caughtBy: 'put: many at once, of one object: one of them, whole',
    spoil: (target) => {
      const earliest = new Map<ObjectName, Uint8Array>();
      return but(target, {
        put: async (name, size, chunks, options) => {
          const own = await collect(chunks);
          if (!earliest.has(name)) earliest.set(name, own);
          await turn();
          const torn = own.slice();
          torn.set((earliest.get(name) ?? own).subarray(0, Math.floor(size / 2)));
          return target.put(name, size, () => one(torn), options);
        },
      });
    },
  },
  {
    name: 'an object is visible while it is put',
    caughtBy: 'put: no reader sees a part of it',
    spoil: (target) =>
      but(target, {
        put: (name, size, chunks, options) =>
          target.put(
            name,
            size,
            async function* seen() {
              let length = 0;
              for await (const chunk of chunks()) {
                length += chunk.length;
                const part = new Uint8Array(length);
                if (!target.traits.writeOnce) await target.put(name, length, () => one(part));
                yield chunk;
              }
            },
            options,
          ),
      }),
  },
  {
    name: 'an object is away while it is put',
    caughtBy: 'put: no reader sees a part of it',
    spoil: (target) =>
      but(target, {
        put: async (name, ...rest) => {
          if (!target.traits.writeOnce) await target.remove(name);
          return target.put(name, ...rest);
        },
      }),
  },
  {
    name: 'get looks for the object again at every piece',
    caughtBy: 'put: whoever began to read the old object gets all of it, or an error',
    spoil: (target) =>
      but(target, {
        get: async function* get(name, { start, end }, options) {
          for (let at = start; at < end || at === start; at += 65_536) {
            yield* target.get(name, { start: at, end: Math.min(end, at + 65_536) }, options);
          }
        },
      }),
  },
  {
    name: 'a reader of what was replaced gets the error of the system',
    caughtBy: 'put: whoever began to read the old object gets all of it, or an error',
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          const before = await target.stat(name);
          for await (const chunk of target.get(name, range, options)) {
            if ((await target.stat(name))?.state !== before?.state) throw new Error('ESTALE: stale file handle');
            yield chunk;
          }
        },
      }),
  },
  {
    name: 'all readers of a target share one position',
    caughtBy: 'get: many readers at once, and one that stops in the middle',
    spoil: (target) => {
      let at = 0;
      return but(target, {
        get: async function* get(name, { start, end }, options) {
          at = start;
          for (let left = end - start; left > 0;) {
            const length = Math.min(65_536, left);
            const from = at;
            at += length;
            left -= length;
            yield* target.get(name, { start: from, end: from + length }, options);
          }
        },
      });
    },
  },
  {
    name: 'a reader that stops in the middle keeps the others out',
    caughtBy: 'get: many readers at once, and one that stops in the middle',
    spoil: (target) => {
      let reading = false;
      return but(target, {
        get: async function* get(name, range, options) {
          if (reading) throw new Error('another reader goes on');
          reading = true;
          yield* target.get(name, range, options);
          reading = false;
        },
      });
    },
  },
];
