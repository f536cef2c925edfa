import { butFile, type PlantedFault } from './spoil.js';

const anywhere = 'random: writes anywhere, reads anywhere, what was never written is zero';
const far = 'random: offsets beyond 4 GiB';
const views = 'random: views of larger buffers are read into and written from where they lie';

/** The bytes of an open object. */
export const randomFileFaults: readonly PlantedFault[] = [
  {
    name: 'random: what was written is not there',
    caughtBy: anywhere,
    spoil: (target) => butFile(target, () => ({ write: () => Promise.resolve() })),
  },
  {
    name: 'random: write appends, wherever it was meant to go',
    caughtBy: anywhere,
    spoil: (target) => butFile(target, (file) => ({ write: async (_, bytes) => file.write(await file.size(), bytes) })),
  },
  {
    name: 'random: write keeps the bytes it was lent until the flush',
    caughtBy: anywhere,
    spoil: (target) =>
      butFile(target, (file) => {
        const kept: { offset: number; bytes: Uint8Array }[] = [];
        return {
          write: async (offset, bytes) => void kept.push({ offset, bytes }),
          read: async (offset, into) => {
            for (const one of kept.splice(0)) await file.write(one.offset, one.bytes);
            await file.read(offset, into);
          },
        };
      }),
  },
  {
    name: 'random: what lies between two writes is garbage',
    caughtBy: anywhere,
    spoil: (target) =>
      butFile(target, (file) => ({
        write: async (offset, bytes) => {
          const size = await file.size();
          if (offset > size) await file.write(size, new Uint8Array(Math.min(offset - size, 1000)).fill(0x5a));
          await file.write(offset, bytes);
        },
      })),
  },
  {
    name: 'random: reading beyond the end gives zeros',
    caughtBy: 'random: reading beyond the end is corrupt',
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
    name: 'random: truncate leaves the old bytes behind the end',
    caughtBy: 'random: truncate cuts, and grows with zeros even where bytes were before',
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
    name: 'random: truncate only cuts',
    caughtBy: 'random: truncate cuts, and grows with zeros even where bytes were before',
    spoil: (target) =>
      butFile(target, (file) => ({
        truncate: async (size) => {
          if (size < (await file.size())) await file.truncate(size);
        },
      })),
  },
  {
    name: 'random: deallocate cuts the object',
    caughtBy: 'random: deallocated ranges are zero, the size stays',
    spoil: (target) => butFile(target, (file) => ({ deallocate: ({ start }) => file.truncate(start) })),
  },
  {
    name: 'random: deallocate takes whole blocks, also what lies beside the range',
    caughtBy: 'random: deallocated ranges are zero, the size stays',
    spoil: (target) =>
      butFile(target, (file) => ({
        deallocate: async ({ start, end }) =>
          file.deallocate?.({ start: start - (start % 4096), end: Math.ceil(end / 4096) * 4096 }),
      })),
  },
  {
    name: 'random: a write that comes while another goes on is dropped',
    caughtBy: 'random: many writes at once all arrive',
    spoil: (target) =>
      butFile(target, (file) => {
        let writing = false;
        return {
          write: async (offset, bytes) => {
            if (writing) return;
            writing = true;
            await file.write(offset, bytes);
            writing = false;
          },
        };
      }),
  },
  {
    name: 'random: writes that go on at once share one position',
    caughtBy: 'random: many writes at once all arrive',
    spoil: (target) =>
      butFile(target, (file) => {
        let at = 0;
        return {
          write: async (offset, bytes) => {
            at = offset;
            await file.size();
            await file.write(at, bytes);
          },
        };
      }),
  },
  {
    name: 'random: of a view the beginning of its buffer is written',
    caughtBy: views,
    spoil: (target) =>
      butFile(target, (file) => ({
        write: (offset, bytes) => file.write(offset, new Uint8Array(bytes.buffer, 0, bytes.length)),
      })),
  },
  {
    name: 'random: a view is filled from the beginning of its buffer',
    caughtBy: views,
    spoil: (target) =>
      butFile(target, (file) => ({
        read: (offset, into) => file.read(offset, new Uint8Array(into.buffer, 0, into.length)),
      })),
  },
  {
    name: 'random: offsets of writes have 32 bits',
    caughtBy: far,
    spoil: (target) => butFile(target, (file) => ({ write: (offset, bytes) => file.write(offset % 2 ** 32, bytes) })),
  },
  {
    name: 'random: sizes have 32 bits',
    caughtBy: far,
    spoil: (target) => butFile(target, (file) => ({ size: async () => (await file.size()) % 2 ** 32 })),
  },
  {
    name: 'random: bytes are copied from the beginning of the other object',
    caughtBy: 'random: bytes copied from another open object',
    spoil: (target) =>
      butFile(target, (file) => ({
        copyFrom: async (from, { start, end }, at) => file.copyFrom?.(from, { start: 0, end: end - start }, at),
      })),
  },
];
