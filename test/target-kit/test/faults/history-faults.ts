import { SysimageError, type ObjectName } from '@sysimage/core/plugin';
import { but, butFacet, collect, contentOf, one, type PlantedFault } from './spoil.js';

const independent =
  'history: a copy is an object like any other, and holds what was there, whatever becomes of the original';
const replaced = 'history: an older copy is replaced; of what is not there none is made';
const apart = 'history: what is written into one of the two is not in the other';

/** Of all targets that a place opens. */
const originals = new Map<ObjectName, ObjectName>();

export const historyFaults: readonly PlantedFault[] = [
  {
    name: 'history: a copy is the object as it is now',
    caughtBy: independent,
    spoil: (target) => {
      const spoilt = butFacet(target, 'history', (history) => ({
        capture: async (name, copy, options) => {
          originals.set(copy, name);
          return history.capture(name, copy, options);
        },
      }));
      return spoilt === undefined
        ? undefined
        : but(spoilt, { get: (name, ...call) => target.get(originals.get(name) ?? name, ...call) });
    },
  },
  {
    name: 'history: a copy goes with its original',
    caughtBy: independent,
    spoil: (target) => {
      const copies = new Map<ObjectName, ObjectName>();
      const spoilt = butFacet(target, 'history', (history) => ({
        capture: async (name, copy, options) => {
          copies.set(name, copy);
          return history.capture(name, copy, options);
        },
      }));
      if (spoilt === undefined) return undefined;
      return but(spoilt, {
        put: async (name, ...call) => {
          const copy = copies.get(name);
          if (copy !== undefined) await target.remove(copy);
          return target.put(name, ...call);
        },
      });
    },
  },
  {
    name: 'history: what is told of a copy is told of its original',
    caughtBy: independent,
    spoil: (target) =>
      butFacet(target, 'history', (history) => ({
        capture: async (name, copy, options) => ({ ...(await history.capture(name, copy, options)), name }),
      })),
  },
  {
    name: 'history: an older copy stays',
    caughtBy: replaced,
    spoil: (target) =>
      butFacet(target, 'history', (history) => ({
        capture: async (name, copy, options) => {
          if ((await target.stat(name)) === undefined) return history.capture(name, copy, options);
          return (await target.stat(copy)) ?? history.capture(name, copy, options);
        },
      })),
  },
  {
    name: 'history: an older copy goes before the original is looked for',
    caughtBy: replaced,
    spoil: (target) =>
      butFacet(target, 'history', (history) => ({
        capture: async (name, copy, options) => {
          await target.remove(copy);
          return history.capture(name, copy, options);
        },
      })),
  },
  {
    name: 'history: of what is not there an empty copy is made',
    caughtBy: replaced,
    spoil: (target) =>
      butFacet(target, 'history', (history) => ({
        capture: async (name, copy, options) => {
          if ((await target.stat(name)) !== undefined) return history.capture(name, copy, options);
          return target.put(copy, 0, async function* nothing() {});
        },
      })),
  },
  {
    name: 'history: a copy and its original stay one object',
    caughtBy: apart,
    spoil: (target) => {
      const found = (name: ObjectName): ObjectName => originals.get(name) ?? name;
      const spoilt = butFacet(target, 'history', () => ({
        capture: async (name, copy, options) => {
          originals.set(copy, name);
          const stat = await target.stat(name, options);
          if (stat === undefined) throw new SysimageError('not-found', `There is no object ${name}`);
          return { ...stat, name: copy };
        },
      }));
      const { random } = target.facets;
      if (spoilt === undefined || random === undefined) return undefined;
      return but(spoilt, {
        facets: {
          ...spoilt.facets,
          random: {
            // One of the two is locked, and would be busy.
            open: (name, options) => random.open(found(name), { ...options, exclusive: false }),
          },
        },
        stat: (name, ...call) => target.stat(found(name), ...call),
        get: (name, ...call) => target.get(found(name), ...call),
      });
    },
  },
  {
    name: 'history: a copy has what was flushed before the last change only',
    caughtBy: apart,
    spoil: (target) =>
      butFacet(target, 'history', (history) => ({
        capture: async (name, copy, options) => {
          const bytes = await contentOf(target, name);
          if (bytes === undefined) return history.capture(name, copy, options);
          const late = await collect(() => one(bytes));
          late.fill(0, Math.floor(late.length / 2));
          return target.put(copy, late.length, () => one(late));
        },
      })),
  },
];
