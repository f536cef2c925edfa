import { SysimageError } from '@sysimage/core/plugin';
import { but, one, type PlantedFault } from './spoil.js';

const edges = 'get: exactly the range, at every edge';
const beyond = 'get: a range beyond the end is corrupt, never short';
const missing = 'errors: what is not there is not-found, with the name, and is not to be tried again';
const state = 'errors: an object in another state than the reader wants is not-found';

export const getFaults: readonly PlantedFault[] = [
  {
    name: 'get yields one byte too many, the end taken for inclusive',
    caughtBy: edges,
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          const size = (await target.stat(name))?.size ?? range.end;
          yield* target.get(name, { start: range.start, end: range.end < size ? range.end + 1 : range.end }, options);
        },
      }),
  },
  {
    name: 'get of an empty range yields the whole object',
    caughtBy: edges,
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          const end = (await target.stat(name))?.size ?? 0;
          yield* target.get(name, range.start === range.end ? { start: 0, end } : range, options);
        },
      }),
  },
  {
    name: 'get begins at a whole sector',
    caughtBy: edges,
    spoil: (target) =>
      but(target, {
        get: (name, { start, end }, options) => {
          const moved = start % 512;
          return target.get(name, { start: start - moved, end: end - moved }, options);
        },
      }),
  },
  {
    name: 'a bit is flipped in what is longer than 4 KiB',
    caughtBy: edges,
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          let at = range.start;
          for await (const chunk of target.get(name, range, options)) {
            const bytes = chunk.slice();
            const flipped = 5000 - at;
            if (flipped >= 0 && flipped < bytes.length) bytes[flipped] = (bytes[flipped] ?? 0) ^ 1;
            at += bytes.length;
            yield bytes;
          }
        },
      }),
  },
  {
    name: 'get beyond the end is short',
    caughtBy: beyond,
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          const size = (await target.stat(name))?.size ?? range.end;
          const end = Math.min(range.end, size);
          yield* target.get(name, { start: Math.min(range.start, end), end }, options);
        },
      }),
  },
  {
    name: 'get beyond the end yields zeros',
    caughtBy: beyond,
    spoil: (target) =>
      but(target, {
        get: async function* get(name, { start, end }, options) {
          const size = (await target.stat(name))?.size ?? end;
          if (start < size) yield* target.get(name, { start, end: Math.min(end, size) }, options);
          if (end > size) yield new Uint8Array(end - Math.max(start, size));
        },
      }),
  },
  {
    name: 'get of a missing object yields zeros',
    caughtBy: missing,
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          if ((await target.stat(name)) === undefined) yield new Uint8Array(range.end - range.start);
          else yield* target.get(name, range, options);
        },
      }),
  },
  {
    name: 'a missing object is an empty one',
    caughtBy: missing,
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          if ((await target.stat(name)) === undefined) yield* one(new Uint8Array(0));
          else yield* target.get(name, range, options);
        },
      }),
  },
  {
    name: 'a missing object is to be tried again later',
    caughtBy: missing,
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          if ((await target.stat(name)) !== undefined) yield* target.get(name, range, options);
          else throw new SysimageError('not-found', 'not there yet', { retry: 'later' });
        },
      }),
  },
  {
    name: 'get does not look at the wanted state',
    caughtBy: state,
    spoil: (target) =>
      but(target, {
        get: (name, range, options) =>
          target.get(name, range, options?.signal === undefined ? {} : { signal: options.signal }),
      }),
  },
  {
    name: 'the state is the size',
    caughtBy: state,
    spoil: (target) =>
      but(target, {
        put: async (...call) => {
          const stat = await target.put(...call);
          return { ...stat, state: `${stat.size}` };
        },
        get: async function* get(name, range, { state: wanted, ...options } = {}) {
          const size = (await target.stat(name))?.size;
          if (wanted !== undefined && wanted !== `${size}`) throw new SysimageError('not-found', 'another state');
          yield* target.get(name, range, options);
        },
      }),
  },
];
