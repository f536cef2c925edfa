import { type History, type ObjectName, SysimageError } from '@sysimage/core/plugin';
import { but, butFacet, type PlantedFault } from './spoil.js';

const no = (): Promise<never> => Promise.reject(new SysimageError('unsupported', 'never was'));
const undeclared: History = { capture: no };

const declared = 'facets: exactly those that the manifest declares';
const once = 'write once: what is there stays';
const numbers = 'capacity: numbers of bytes that make sense';
const pieces = 'media: every byte of an object lies on a piece that has a label';
const kept = 'retention: until then an object is neither replaced nor removed, and afterwards it can be';
const keptUntil = 'retention: tells until when, to others too, and never less than was promised';
let openings = 0;

export const facetFaults: readonly PlantedFault[] = [
  {
    name: 'a facet is there that was not declared',
    caughtBy: declared,
    spoil: (target) =>
      target.facets.history === undefined
        ? but(target, { facets: { ...target.facets, history: undeclared } })
        : undefined,
  },
  {
    name: 'a facet that was declared is missing',
    caughtBy: declared,
    spoil: (target) => {
      const { batch, ...facets } = target.facets;
      return batch === undefined ? undefined : but(target, { facets });
    },
  },
  {
    name: 'a flag claims what is not there',
    caughtBy: 'flags: those that follow from facts and facets',
    spoil: (target) => {
      const { immutability } = target.capabilities;
      return but(target, { capabilities: { ...target.capabilities, immutability: !immutability } });
    },
  },
  {
    name: 'the identity is another at every opening',
    caughtBy: 'traits: the same place is the same to another, and says where it is',
    spoil: (target) => {
      openings += 1;
      return but(target, { traits: { ...target.traits, identity: `opening-${openings}` } });
    },
  },
  {
    name: 'write once: replacing does nothing, and does not say so',
    caughtBy: once,
    spoil: (target) =>
      but(target, { put: async (name, ...rest) => (await target.stat(name)) ?? target.put(name, ...rest) }),
  },
  {
    name: 'write once: remove does nothing, and does not say so',
    caughtBy: once,
    spoil: (target) => but(target, { remove: () => Promise.resolve() }),
  },
  {
    name: 'capacity: unlimited is -1',
    caughtBy: numbers,
    spoil: (target) => butFacet(target, 'capacity', () => ({ read: () => Promise.resolve({ total: -1 }) })),
  },
  {
    name: 'capacity: more is free than there is',
    caughtBy: numbers,
    spoil: (target) => butFacet(target, 'capacity', () => ({ read: () => Promise.resolve({ total: 5, free: 10 }) })),
  },
  {
    name: 'capacity: nothing known is not a number',
    caughtBy: numbers,
    spoil: (target) => butFacet(target, 'capacity', () => ({ read: () => Promise.resolve({ free: Number.NaN }) })),
  },
  {
    name: 'media: locate leaves out the last piece',
    caughtBy: pieces,
    spoil: (target) =>
      butFacet(target, 'media', (media) => ({
        locate: async (...call) => (await media.locate(...call)).slice(0, -1),
      })),
  },
  {
    name: 'media: locate names whole pieces instead of what was asked for',
    caughtBy: pieces,
    spoil: (target) =>
      butFacet(target, 'media', (media) => ({
        locate: async (name, _, options) => media.locate(name, [{ start: 0, end: 100_000 }], options),
      })),
  },
  {
    name: 'media: pieces have no label',
    caughtBy: pieces,
    spoil: (target) =>
      butFacet(target, 'media', (media) => ({
        locate: async (...call) => (await media.locate(...call)).map((piece) => ({ ...piece, label: '' })),
      })),
  },
  {
    name: 'media: a piece is named once for each range',
    caughtBy: pieces,
    spoil: (target) =>
      butFacet(target, 'media', (media) => ({
        locate: async (...call) =>
          (await media.locate(...call)).flatMap((piece) =>
            piece.ranges.flatMap(({ start, end }) => {
              const middle = Math.floor((start + end) / 2);
              return [
                { start, end: middle },
                { start: middle, end },
              ].map((half) => ({ ...piece, ranges: [half] }));
            }),
          ),
      })),
  },
  {
    name: 'retention: is remembered, and keeps nothing',
    caughtBy: kept,
    spoil: (target) => {
      const until = new Map<ObjectName, Date>();
      return butFacet(target, 'retention', () => ({
        extend: async (name, date) => void until.set(name, date),
        read: async (name) => until.get(name),
      }));
    },
  },
  {
    name: 'retention: never ends',
    caughtBy: kept,
    spoil: (target) =>
      butFacet(target, 'retention', (retention) => ({
        extend: (name, until, options) => retention.extend(name, new Date(until.getTime() + 86_400_000), options),
        read: (...call) => retention.read(...call),
      })),
  },
  {
    name: 'retention: read tells the whole day, cut off',
    caughtBy: keptUntil,
    spoil: (target) =>
      butFacet(target, 'retention', (retention) => ({
        extend: (...call) => retention.extend(...call),
        read: async (...call) => {
          const until = await retention.read(...call);
          return until === undefined ? undefined : new Date(Math.floor(until.getTime() / 86_400_000) * 86_400_000);
        },
      })),
  },
  {
    name: 'retention: every object is kept from the beginning',
    caughtBy: keptUntil,
    spoil: (target) =>
      butFacet(target, 'retention', (retention) => ({
        extend: (...call) => retention.extend(...call),
        read: async (...call) => (await retention.read(...call)) ?? new Date(),
      })),
  },
];
