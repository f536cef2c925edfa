import { SysimageError, type ObjectStat } from '@sysimage/core/plugin';
import { all } from '../../src/bytes.js';
import { but, type PlantedFault } from './spoil.js';

const order = 'list: in the order of the bytes of whole names, and only below the prefix';
const pages = 'list: every name once, more than a page of them, and from the middle';
const sizes = 'list: tells sizes, and stops when nobody asks for more';

export const listFaults: readonly PlantedFault[] = [
  {
    name: 'list yields only the first page of 1000',
    caughtBy: pages,
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          yield* (await all(target.list(prefix, options))).slice(0, 1000);
        },
      }),
  },
  {
    name: 'list is not in name order',
    caughtBy: order,
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          yield* (await all(target.list(prefix, options))).toReversed();
        },
      }),
  },
  {
    name: 'list sorts folders as files: a/b/1 before a/b-',
    caughtBy: order,
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
    caughtBy: order,
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for (const stat of await all(target.list('', options))) if (stat.name.startsWith(prefix)) yield stat;
        },
      }),
  },
  {
    name: 'list ignores after',
    caughtBy: order,
    spoil: (target) =>
      but(target, {
        list: (prefix, options) => target.list(prefix, options?.signal === undefined ? {} : { signal: options.signal }),
      }),
  },
  {
    name: 'list yields the name of after again',
    caughtBy: order,
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
    caughtBy: pages,
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
    caughtBy: sizes,
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for await (const stat of target.list(prefix, options)) yield { ...stat, size: 0 };
        },
      }),
  },
  {
    name: 'list leaves out empty objects',
    caughtBy: 'put and get: empty objects',
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for await (const stat of target.list(prefix, options)) if (stat.size > 0) yield stat;
        },
      }),
  },
  {
    name: 'list yields no more than 10 names',
    caughtBy: pages,
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          yield* (await all(target.list(prefix, options))).slice(0, 10);
        },
      }),
  },
  {
    name: 'list counts pages, so that removed objects shift those behind them',
    caughtBy: pages,
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for (let start = 0; ; start += 100) {
            const page = (await all(target.list(prefix, options))).slice(start, start + 100);
            if (page.length === 0) return;
            yield* page;
          }
        },
      }),
  },
  {
    name: 'list below a prefix that is not there is an error',
    caughtBy: 'list: nothing on an empty place, and below a prefix that is not there',
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          const found = await all(target.list(prefix, options));
          if (found.length === 0) throw new SysimageError('not-found', 'no such folder');
          yield* found;
        },
      }),
  },
  {
    name: 'a list that was left goes on where it was',
    caughtBy: sizes,
    spoil: (target) => {
      let left: ObjectStat[] | undefined;
      return but(target, {
        list: async function* list(prefix, options) {
          left ??= await all(target.list(prefix, options));
          for (let next = left.shift(); next !== undefined; next = left.shift()) yield next;
          left = undefined;
        },
      });
    },
  },
];
