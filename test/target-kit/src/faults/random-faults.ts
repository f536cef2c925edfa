import { but, butFile, type PlantedFault } from './spoil.js';

export const randomFaults: readonly PlantedFault[] = [
  {
    name: 'random: what was written is not there after opening anew',
    spoil: (target) => butFile(target, () => ({ write: () => Promise.resolve() })),
  },
  {
    name: 'random: truncate leaves the old bytes behind the end',
    spoil: (target) =>
      butFile(target, (file) => {
        let hidden: Uint8Array | undefined;
        return {
          truncate: async (size) => {
            const before = await file.size();
            if (size < before) {
              hidden = new Uint8Array(before - size);
              await file.read(size, hidden);
            }
            await file.truncate(size);
            if (size > before && hidden !== undefined) await file.write(before, hidden.subarray(0, size - before));
          },
        };
      }),
  },
  {
    name: 'random: reading beyond the end gives zeros',
    spoil: (target) =>
      butFile(target, (file) => ({
        read: async (offset, into) => {
          into.fill(0);
          const size = await file.size();
          if (offset < size) await file.read(offset, into.subarray(0, Math.min(into.length, size - offset)));
        },
      })),
  },
  {
    name: 'random: write appends, wherever it was meant to go',
    spoil: (target) =>
      butFile(target, (file) => ({ write: async (_offset, bytes) => file.write(await file.size(), bytes) })),
  },
  {
    name: 'random: exclusive is not',
    spoil: (target) => {
      const { random } = target.facets;
      if (random === undefined) return target;
      return but(target, {
        facets: {
          ...target.facets,
          random: { open: (name, options) => random.open(name, { ...options, exclusive: false }) },
        },
      });
    },
  },
  {
    name: 'random: a missing object is always made',
    spoil: (target) => {
      const { random } = target.facets;
      if (random === undefined) return target;
      return but(target, {
        facets: {
          ...target.facets,
          random: { open: (name, options) => random.open(name, { ...options, create: true }) },
        },
      });
    },
  },
  {
    name: 'random: deallocate cuts the object',
    spoil: (target) => butFile(target, (file) => ({ deallocate: ({ start }) => file.truncate(start) })),
  },
];
