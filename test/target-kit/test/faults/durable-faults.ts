import type { ObjectName, RandomFile, Target } from '@sysimage/core/plugin';
import { but, butBatch, butFacet, butFile, collect, methodsOf, type PlantedFault } from './spoil.js';

/** Writes what nobody flushes. */
async function writeLazily(target: Target, name: ObjectName, bytes: Uint8Array): Promise<void> {
  const file = await target.facets.random?.open(name, { create: true, exclusive: false });
  await file?.truncate(0);
  await file?.write(0, bytes);
  await file?.close();
}

const flushed = 'durable: every write is there that a flush came after, and sizes are';

export const durableFaults: readonly PlantedFault[] = [
  {
    name: 'put resolves before its bytes are on the medium',
    caughtBy: 'durable: what was put is there after a power cut',
    spoil: (target) =>
      target.facets.random === undefined
        ? undefined
        : but(target, {
            put: async (name, size, chunks) => {
              await writeLazily(target, name, await collect(chunks));
              return { name, size };
            },
          }),
  },
  {
    name: 'random: flush does nothing',
    caughtBy: flushed,
    spoil: (target) => butFile(target, () => ({ flush: () => Promise.resolve() })),
  },
  {
    name: 'random: flush works once',
    caughtBy: flushed,
    spoil: (target) =>
      butFile(target, (file) => {
        let flushes = 0;
        return {
          flush: async () => {
            flushes += 1;
            if (flushes === 1) await file.flush();
          },
        };
      }),
  },
  {
    name: 'random: flush leaves out the size',
    caughtBy: flushed,
    spoil: (target) =>
      butFile(target, (file) => {
        let wanted: number | undefined;
        return {
          truncate: (size) => {
            wanted = size;
            return Promise.resolve();
          },
          close: async () => {
            if (wanted !== undefined) await file.truncate(wanted);
            await file.close();
          },
        };
      }),
  },
  {
    name: 'random: a new object is made by its first write',
    caughtBy: 'durable: a new object is there, though nothing was written into it',
    spoil: (target) =>
      butFacet(target, 'random', (random) => ({
        open: async (name, options) => {
          if (options.create !== true || (await target.stat(name)) !== undefined) return random.open(name, options);
          let opened: RandomFile | undefined;
          const file = async (): Promise<RandomFile> => (opened ??= methodsOf(await random.open(name, options)));
          return {
            size: async () => opened?.size() ?? 0,
            read: async (offset, into) => (await file()).read(offset, into),
            write: async (offset, bytes) => (await file()).write(offset, bytes),
            truncate: async (size) => (await file()).truncate(size),
            flush: async () => opened?.flush(),
            close: async () => opened?.close(),
          };
        },
      })),
  },
  {
    name: 'batch: commit resolves before its bytes are on the medium',
    caughtBy: 'durable: all of a batch that was committed, nothing of another',
    spoil: (target) => {
      if (target.facets.random === undefined) return undefined;
      const waiting: { name: ObjectName; bytes: Uint8Array }[] = [];
      return butBatch(target, () => ({
        put: async (name, size, chunks) => {
          waiting.push({ name, bytes: await collect(chunks) });
          return { name, size };
        },
        commit: async () => {
          for (const { name, bytes } of waiting.splice(0)) await writeLazily(target, name, bytes);
        },
      }));
    },
  },
  {
    name: 'batch: what was put is there after a power cut, without a commit',
    caughtBy: 'durable: all of a batch that was committed, nothing of another',
    spoil: (target) => butBatch(target, () => ({ put: (...call) => target.put(...call) })),
  },
];
