import { objectName, type ObjectName, type ObjectStat, SysimageError, type Target } from '@sysimage/core/plugin';
import { all } from '../../src/bytes.js';
import { but, type PlantedFault } from './spoil.js';

/** The same target under other names, as it looks when a medium cannot hold them as they are. */
function renamed(target: Target, to: (name: string) => string): Target {
  const legal = (name: ObjectName): ObjectName => objectName(...to(name).split('/'));
  return but(target, {
    stat: async (name, options) => {
      const stat = await target.stat(legal(name), options);
      return stat === undefined ? undefined : { ...stat, name };
    },
    get: (name, range, options) => target.get(legal(name), range, options),
    put: async (name, ...rest) => ({ ...(await target.put(legal(name), ...rest)), name }),
    remove: (name, options) => target.remove(legal(name), options),
  });
}

const everyLetter = 'names: every letter, the longest segment, the greatest depth';
const special = 'names: those that other programs mean something by are names like others';
const alike = 'names: those that look alike are different objects';

export const nameFaults: readonly PlantedFault[] = [
  {
    name: 'segments are cut to 31 characters',
    caughtBy: everyLetter,
    spoil: (target) =>
      renamed(target, (name) =>
        name
          .split('/')
          .map((part) => part.slice(0, 31).replace(/\.$/u, '-'))
          .join('/'),
      ),
  },
  {
    name: 'folders are at most four deep: the rest becomes one name',
    caughtBy: everyLetter,
    spoil: (target) => {
      const flat = (name: string): string =>
        [...name.split('/').slice(0, 4), name.split('/').slice(4).join('-').slice(0, 60)]
          .filter((part) => part !== '')
          .join('/');
      return renamed(target, flat);
    },
  },
  {
    name: 'letters have no case, and names come back in capitals',
    caughtBy: everyLetter,
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for await (const stat of target.list(prefix, options)) yield { ...stat, name: capitals(stat.name) };
        },
      }),
  },
  {
    name: 'names that end like temporary files are left out of list',
    caughtBy: special,
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for await (const stat of target.list(prefix, options)) if (!/\.(?:tmp|part)$/u.test(stat.name)) yield stat;
        },
      }),
  },
  {
    name: 'names that begin like a device of Windows are refused',
    caughtBy: special,
    spoil: (target) =>
      but(target, {
        put: async (name, ...rest) => {
          if (/(?:^|\/)(?:con|prn|aux|nul|com|lpt)/u.test(name))
            throw new SysimageError('invalid', `${name} is a device`);
          return target.put(name, ...rest);
        },
      }),
  },
  {
    name: 'names that are numbers come back as other numbers',
    caughtBy: special,
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for await (const stat of target.list(prefix, options)) {
            yield stat.name === '1e5' ? { ...stat, name: objectName('100000') } : stat;
          }
        },
      }),
  },
  {
    name: 'an object below the name of another replaces it',
    caughtBy: 'names: an object, and one below its name: both, or the second is refused and the first stays',
    spoil: (target) =>
      but(target, {
        put: async (name, ...rest) => {
          const folder = name.split('/').slice(0, -1);
          if (folder.length > 0 && !target.traits.writeOnce) await target.remove(objectName(...folder));
          return target.put(name, ...rest);
        },
      }),
  },
  {
    name: 'names are folded: _ becomes -',
    caughtBy: alike,
    spoil: (target) => renamed(target, (name) => name.replaceAll('_', '-')),
  },
  {
    name: 'names are folded: / becomes .',
    caughtBy: alike,
    spoil: (target) => renamed(target, (name) => name.replaceAll('/', '.').slice(0, 64)),
  },
  {
    name: 'what stands behind a dot does not count',
    caughtBy: alike,
    spoil: (target) => renamed(target, (name) => name.replace(/(?<=\/[^/.]+)\.[^/]*$/u, '')),
  },
  {
    name: 'stat takes a folder for an object',
    caughtBy: 'stat: undefined for what is not there, and for a prefix of a name',
    spoil: (target) =>
      but(target, {
        stat: async (name, options) => {
          const found = await target.stat(name, options);
          const [below]: ObjectStat[] = found === undefined ? await all(target.list(name, options)) : [];
          return found ?? (below === undefined ? undefined : { name, size: 0 });
        },
      }),
  },
];

/** Not a legal name, so that it has to be smuggled past the compiler as a target from outside would. */
function capitals(name: ObjectName): ObjectName {
  return JSON.parse(JSON.stringify(name.toUpperCase()));
}
