import { but, collect, one, type PlantedFault } from './spoil.js';

export const batchFaults: readonly PlantedFault[] = [
  {
    name: 'batch: objects are visible at once',
    spoil: (target) => {
      const { batch } = target.facets;
      if (batch === undefined) return target;
      return but(target, {
        facets: {
          ...target.facets,
          batch: {
            begin: () =>
              Promise.resolve({
                put: (...call) => target.put(...call),
                commit: () => Promise.resolve(),
                abort: () => Promise.resolve(),
              }),
          },
        },
      });
    },
  },
  {
    name: 'batch: commit forgets the last object',
    spoil: (target) => {
      const { batch } = target.facets;
      if (batch === undefined) return target;
      return but(target, {
        facets: {
          ...target.facets,
          batch: {
            begin: async (spec, options) => {
              const open = await batch.begin(spec, options);
              let held: (() => Promise<unknown>) | undefined;
              return {
                put: async (name, size, chunks, putOptions) => {
                  await held?.();
                  const bytes = await collect(chunks);
                  held = () => open.put(name, bytes.length, () => one(bytes), putOptions);
                  if (bytes.length !== size) return open.put(name, size, chunks, putOptions);
                  return { name, size };
                },
                commit: (commitOptions) => open.commit(commitOptions),
                abort: () => open.abort(),
              };
            },
          },
        },
      });
    },
  },
];
