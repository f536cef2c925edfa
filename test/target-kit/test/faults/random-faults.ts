import type { RandomFile } from '@sysimage/core/plugin';
import { butFacet, type PlantedFault } from './spoil.js';

const opening = 'random: a missing object is not-found, or made empty and visible';

/** Opening, and who keeps out whom. */
export const randomFaults: readonly PlantedFault[] = [
  {
    name: 'random: a missing object is always made',
    caughtBy: opening,
    spoil: (target) =>
      butFacet(target, 'random', (random) => ({
        open: (name, options) => random.open(name, { ...options, create: true }),
      })),
  },
  {
    name: 'random: a new object has a sector already',
    caughtBy: opening,
    spoil: (target) =>
      butFacet(target, 'random', (random) => ({
        open: async (name, options) => {
          const isNew = (await target.stat(name)) === undefined;
          const file = await random.open(name, options);
          if (isNew) await file.truncate(512);
          return file;
        },
      })),
  },
  {
    name: 'random: exclusive is not',
    caughtBy: 'random: a second exclusive open is busy, until the first is closed',
    spoil: (target) =>
      butFacet(target, 'random', (random) => ({
        open: (name, options) => random.open(name, { ...options, exclusive: false }),
      })),
  },
  {
    name: 'random: close keeps others out',
    caughtBy: 'random: a second exclusive open is busy, until the first is closed',
    spoil: (target) =>
      butFacet(target, 'random', (random) => ({
        open: async (name, options) =>
          Object.assign(await random.open(name, options), { close: () => Promise.resolve() }),
      })),
  },
  {
    name: 'random: every open is exclusive',
    caughtBy: 'random: opening beside an exclusive one, for reading, is never busy',
    spoil: (target) =>
      butFacet(target, 'random', (random) => ({
        open: (name, options) => random.open(name, { ...options, exclusive: true }),
      })),
  },
  {
    name: 'random: one handle serves all objects',
    caughtBy: 'random: two open objects are apart',
    spoil: (target) => {
      let handle: RandomFile | undefined;
      return butFacet(target, 'random', (random) => ({
        open: async (name, options) => (handle ??= await random.open(name, options)),
      }));
    },
  },
  {
    name: 'random: opening empties the object',
    caughtBy: 'random: an object that was put opens, and what is written is got',
    spoil: (target) =>
      butFacet(target, 'random', (random) => ({
        open: async (name, options) => {
          const file = await random.open(name, options);
          await file.truncate(0);
          return file;
        },
      })),
  },
];
