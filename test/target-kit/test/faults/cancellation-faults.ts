import { but, butBatch, butFacet, type PlantedFault, without } from './spoil.js';

const statAndGet = 'cancelled: stat and get end at once, and change nothing';
const batch = 'cancelled: a put into a batch, and its commit';

export const cancellationFaults: readonly PlantedFault[] = [
  {
    name: 'put does not hear the abort signal',
    caughtBy: 'put: aborted before and in the middle',
    spoil: (target) => but(target, { put: (name, size, chunks) => target.put(name, size, chunks) }),
  },
  {
    name: 'put hears the abort signal only in the beginning',
    caughtBy: 'put: aborted before and in the middle',
    spoil: (target) =>
      but(target, {
        put: (name, size, chunks, options) =>
          target.put(name, size, chunks, options?.signal?.aborted === true ? options : {}),
      }),
  },
  {
    name: 'stat does not hear the abort signal',
    caughtBy: statAndGet,
    spoil: (target) => but(target, { stat: (name) => target.stat(name) }),
  },
  {
    name: 'get does not hear the abort signal',
    caughtBy: statAndGet,
    spoil: (target) =>
      but(target, { get: (name, range, options) => target.get(name, range, without(options, 'signal')) }),
  },
  {
    name: 'get hears the abort signal only in the beginning',
    caughtBy: 'cancelled: a get in the middle',
    spoil: (target) =>
      but(target, {
        get: (name, range, options) =>
          target.get(name, range, options?.signal?.aborted === true ? options : without(options, 'signal')),
      }),
  },
  {
    name: 'a get that was cancelled ends as if that were all',
    caughtBy: 'cancelled: a get in the middle',
    spoil: (target) =>
      but(target, {
        get: async function* get(name, range, options) {
          for await (const chunk of target.get(name, range, without(options, 'signal'))) {
            if (options?.signal?.aborted === true) return;
            yield chunk;
          }
        },
      }),
  },
  {
    name: 'remove does not hear the abort signal',
    caughtBy: 'cancelled: a remove leaves the object',
    spoil: (target) => but(target, { remove: (name) => target.remove(name) }),
  },
  {
    name: 'list does not hear the abort signal',
    caughtBy: 'cancelled: a list',
    spoil: (target) => but(target, { list: (prefix, options) => target.list(prefix, without(options, 'signal')) }),
  },
  {
    name: 'a signal that comes after a put takes it back',
    caughtBy: 'cancelled: a signal that comes after the call changes nothing',
    spoil: (target) =>
      target.traits.writeOnce
        ? undefined
        : but(target, {
            put: async (name, size, chunks, options) => {
              options?.signal?.addEventListener('abort', () => void target.remove(name));
              return target.put(name, size, chunks, options);
            },
          }),
  },
  {
    name: 'random: a cancelled open makes the object all the same',
    caughtBy: 'cancelled: opening for random access makes nothing',
    spoil: (target) =>
      butFacet(target, 'random', (random) => ({
        open: async (name, options) => {
          const { create = false, exclusive } = options;
          if (options.signal?.aborted === true) await (await random.open(name, { create, exclusive: false })).close();
          return random.open(name, { ...options, create, exclusive });
        },
      })),
  },
  {
    name: 'batch: put does not hear the abort signal',
    caughtBy: batch,
    spoil: (target) => butBatch(target, (open) => ({ put: (name, size, chunks) => open.put(name, size, chunks) })),
  },
  {
    name: 'batch: commit does not hear the abort signal',
    caughtBy: batch,
    spoil: (target) => butBatch(target, (open) => ({ commit: () => open.commit() })),
  },
  {
    name: 'capacity: does not hear the abort signal',
    caughtBy: 'capacity: can be cancelled',
    spoil: (target) => butFacet(target, 'capacity', (capacity) => ({ read: () => capacity.read() })),
  },
];
