import { type ObjectStat } from '@sysimage/core/plugin';
import { all, but, type PlantedFault } from './spoil.js';

export const listFaults: readonly PlantedFault[] = [
  {
    name: 'list yields only the first page of 1000',
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          yield* (await all(target.list(prefix, options))).slice(0, 1000);
        },
      }),
  },
  {
    name: 'list is not in name order',
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          yield* (await all(target.list(prefix, options))).toReversed();
        },
      }),
  },
  {
    name: 'list sorts folders as files: a/b/1 before a/b-',
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          const key = ({ name }: ObjectStat): string => name.replaceAll('/', '!');
          yield* (await all(target.list(prefix, options))).toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
        },
      }),
  },
  {
    name: 'list takes the prefix for letters: a/b lists a/bc',
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for (const stat of await all(target.list('', options))) if (stat.name.startsWith(prefix)) yield stat;
        },
      }),
  },
  {
    name: 'list ignores after',
    spoil: (target) =>
      but(target, {
        list: (prefix, options) => target.list(prefix, options?.signal === undefined ? {} : { signal: options.signal }),
      }),
  },
  {
    name: 'list yields the name of after again',
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, { after, ...options } = {}) {
          for (const stat of await all(target.list(prefix, options))) {
            if (after === undefined || stat.name >= after) yield stat;
          }
        },
      }),
  },
  {
    name: 'list yields one name twice at the border of a page',
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for (const [i, stat] of (await all(target.list(prefix, options))).entries()) {
            yield stat;
            if (i === 999) yield stat;
          }
        },
      }),
  },
  {
    name: 'list tells no sizes',
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for await (const stat of target.list(prefix, options)) yield { ...stat, size: 0 };
        },
      }),
  },
  {
    name: 'list leaves out empty objects',
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for await (const stat of target.list(prefix, options)) if (stat.size > 0) yield stat;
        },
      }),
  },
];
