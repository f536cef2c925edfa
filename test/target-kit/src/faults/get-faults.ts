import { type History, type ObjectName, objectName, type ObjectStat, SysimageError } from '@sysimage/core/plugin';
import { all, but, type PlantedFault } from './spoil.js';

const no = (): Promise<never> => Promise.reject(new SysimageError('unsupported', 'never was'));
const undeclared: History = {
  capture: no,
  // oxlint-disable-next-line require-yield
  list: async function* list() {
    await no();
  },
  open: no,
  restore: no,
  drop: no,
};

export const getFaults: readonly PlantedFault[] = [
  {
    name: 'stat takes a folder for an object',
    spoil: (target) =>
      but(target, {
        stat: async (name, options) => {
          const found = await target.stat(name, options);
          const [below] = found === undefined ? await all(target.list(name, options)) : [];
          return found ?? (below === undefined ? undefined : { name, size: 0 });
        },
      }),
  },
  {
    name: 'get beyond the end is short',
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
    name: 'get yields one byte too many, the end taken for inclusive',
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
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          const size = (await target.stat(name))?.size ?? 0;
          yield* target.get(
            name,
            range.start === range.end ? { start: 0, end: Math.max(size, range.end) } : range,
            options,
          );
        },
      }),
  },
  {
    name: 'get of a missing object yields zeros',
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          if ((await target.stat(name)) === undefined) yield new Uint8Array(range.end - range.start);
          else yield* target.get(name, range, options);
        },
      }),
  },
  {
    name: 'get does not hear the abort signal',
    spoil: (target) =>
      but(target, {
        get: (name, range, options) =>
          target.get(name, range, options?.state === undefined ? {} : { state: options.state }),
      }),
  },
  {
    name: 'get does not look at the wanted state',
    spoil: (target) =>
      but(target, {
        get: (name, range, options) =>
          target.get(name, range, options?.signal === undefined ? {} : { signal: options.signal }),
      }),
  },
  {
    name: 'the state is the size',
    spoil: (target) => {
      const plain = (stat: ObjectStat): ObjectStat => ({ ...stat, state: 'same' });
      return but(target, {
        stat: async (name, options) => {
          const stat = await target.stat(name, options);
          return stat === undefined ? undefined : plain(stat);
        },
        put: async (...call) => plain(await target.put(...call)),
      });
    },
  },
  {
    name: 'remove of a missing object is an error',
    spoil: (target) =>
      but(target, {
        remove: async (name, options) => {
          if ((await target.stat(name)) === undefined) throw new SysimageError('not-found', 'not there');
          await target.remove(name, options);
        },
      }),
  },
  {
    name: 'remove takes everything below the name as well',
    spoil: (target) =>
      but(target, {
        remove: async (name, options) => {
          const folder = name.slice(0, name.lastIndexOf('/'));
          for (const stat of await all(target.list(objectName(...folder.split('/')))))
            await target.remove(stat.name, options);
        },
      }),
  },
  {
    name: 'names are folded: _ becomes -',
    spoil: (target) => {
      const fold = (name: ObjectName): ObjectName => objectName(...name.replaceAll('_', '-').split('/'));
      return but(target, {
        stat: (name, options) => target.stat(fold(name), options),
        get: (name, range, options) => target.get(fold(name), range, options),
        put: (name, ...rest) => target.put(fold(name), ...rest),
      });
    },
  },
  {
    name: 'a facet is there that was not declared',
    spoil: (target) => but(target, { facets: { ...target.facets, history: undeclared } }),
  },
  {
    name: 'a flag claims what is not there',
    spoil: (target) => but(target, { capabilities: { ...target.capabilities, immutability: true } }),
  },
];
