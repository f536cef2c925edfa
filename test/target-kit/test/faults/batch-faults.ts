import { objectName, SysimageError } from '@sysimage/core/plugin';
import { but, butBatch, butFacet, collect, one, type PlantedFault } from './spoil.js';

const visible = 'batch: nothing is visible before the commit, all of it after';
const again = 'batch: one that was never committed is found again by its id, or begun anew; the older ones stay';

export const batchFaults: readonly PlantedFault[] = [
  {
    name: 'batch: objects are visible at once',
    caughtBy: visible,
    spoil: (target) =>
      butBatch(target, () => ({ put: (...call) => target.put(...call), commit: () => Promise.resolve() })),
  },
  {
    name: 'batch: commit forgets the last object',
    caughtBy: visible,
    spoil: (target) =>
      butBatch(target, (open) => {
        let held: (() => Promise<unknown>) | undefined;
        return {
          put: async (name, size, chunks, options) => {
            await held?.();
            const bytes = await collect(chunks);
            held = () => open.put(name, bytes.length, () => one(bytes), options);
            return { name, size };
          },
        };
      }),
  },
  {
    name: 'batch: abort commits what was put',
    caughtBy: 'batch: an aborted one leaves nothing',
    spoil: (target) => butBatch(target, (open) => ({ abort: () => open.commit() })),
  },
  {
    name: 'batch: after an abort the batch goes on',
    caughtBy: 'batch: an aborted one leaves nothing',
    spoil: (target) =>
      butBatch(target, (open, begin) => {
        let current = open;
        return {
          put: (...call) => current.put(...call),
          abort: async () => {
            await current.abort();
            current = await begin('another');
          },
        };
      }),
  },
  {
    name: 'batch: a short put is accepted',
    caughtBy: 'batch: a short put is refused, the rest goes on',
    spoil: (target) =>
      butBatch(target, (open) => ({
        put: async (name, _, chunks, options) => {
          const bytes = await collect(chunks);
          return open.put(name, bytes.length, () => one(bytes), options);
        },
      })),
  },
  {
    name: 'batch: a put that was refused ends the batch',
    caughtBy: 'batch: a short put is refused, the rest goes on',
    spoil: (target) =>
      butBatch(target, (open) => ({
        put: (...call) =>
          open.put(...call).catch(async (error: unknown) => {
            await open.abort();
            throw error;
          }),
      })),
  },
  {
    name: 'batch: one that was cut is in the way for ever',
    caughtBy: again,
    spoil: (target) =>
      butFacet(target, 'batch', (batch) => ({
        begin: async (spec, options) => {
          const marker = objectName('marks', `${spec.id}.mark`);
          if ((await target.stat(marker)) !== undefined) throw new SysimageError('busy', `${spec.id} is open`);
          await target.put(marker, 0, () => one(new Uint8Array(0)));
          return batch.begin(spec, options);
        },
      })),
  },
  {
    name: 'batch: a commit replaces all that was there',
    caughtBy: again,
    spoil: (target) =>
      target.traits.writeOnce
        ? undefined
        : butBatch(target, (open) => ({
            commit: async (options) => {
              for await (const { name } of target.list('')) await target.remove(name);
              await open.commit(options);
            },
          })),
  },
  {
    name: 'batch: empty objects are left out',
    caughtBy: 'batch: many objects, empty ones too, in any order of names',
    spoil: (target) =>
      butBatch(target, (open) => ({
        put: async (name, size, ...rest) => (size === 0 ? { name, size } : open.put(name, size, ...rest)),
      })),
  },
  {
    name: 'batch: a single put goes into the open batch, and with it when that is aborted',
    caughtBy: 'batch: beside it, single objects can be put',
    spoil: (target) => {
      let open = false;
      const spoilt = butFacet(target, 'batch', (batch) => ({
        begin: async (...call) => {
          open = true;
          return batch.begin(...call);
        },
      }));
      if (spoilt === undefined) return undefined;
      return but(spoilt, {
        put: async (name, size, ...rest) => (open ? { name, size } : target.put(name, size, ...rest)),
      });
    },
  },
];
