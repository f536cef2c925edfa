import { objectName, SysimageError } from '@sysimage/core/plugin';
import { but, collect, one, type PlantedFault } from './spoil.js';

const wrongSize = 'put: chunks that are too short or too long change nothing';
const failedOver = 'put: a failed one leaves the old object as it was';
const failed = 'put: the error of failing chunks comes through, and nothing is there';
const asking = 'put: bytes are asked for again only when they are done with, and whoever gives them is let go';
const uneven = 'put: chunks of any size, empty ones too, and parts of larger buffers';
const told = 'put: tells the name, the size, and the state that stat and get know';

export const putFaults: readonly PlantedFault[] = [
  {
    name: 'a truncated put is accepted',
    caughtBy: wrongSize,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const bytes = await collect(chunks);
          if (bytes.length >= size) return target.put(name, size, chunks, options);
          return target.put(name, bytes.length, () => one(bytes), options);
        },
      }),
  },
  {
    name: 'a put that is too long is cut',
    caughtBy: wrongSize,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const bytes = await collect(chunks);
          return bytes.length > size
            ? target.put(name, size, () => one(bytes.subarray(0, size)), options)
            : target.put(name, size, chunks, options);
        },
      }),
  },
  {
    name: 'a put that is too long is refused when the object is there',
    caughtBy: wrongSize,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const bytes = await collect(chunks);
          if (bytes.length > size) await target.put(name, size, () => one(bytes.subarray(0, size)), options);
          return target.put(name, size, chunks, options);
        },
      }),
  },
  {
    name: 'put removes the old object before it writes the new one',
    caughtBy: failedOver,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          if (!target.traits.writeOnce) await target.remove(name);
          return target.put(name, size, chunks, options);
        },
      }),
  },
  {
    name: 'of a failed put the part that came is there',
    caughtBy: failed,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const parts: Uint8Array[] = [];
          try {
            for await (const chunk of chunks()) parts.push(chunk.slice());
          } catch (error) {
            const part = new Uint8Array(Buffer.concat(parts));
            await target.put(name, part.length, () => one(part));
            throw error;
          }
          return target.put(name, size, chunks, options);
        },
      }),
  },
  {
    name: 'a failed put leaves a temporary object',
    caughtBy: failed,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          try {
            return await target.put(name, size, chunks, options);
          } catch (error) {
            const left = objectName('kit', 'left.part');
            await target.put(left, 1, () => one(new Uint8Array(1))).catch(() => undefined);
            throw error;
          }
        },
      }),
  },
  {
    name: 'put calls every failure internal',
    caughtBy: failed,
    spoil: (target) =>
      but(target, {
        put: (...call) =>
          target.put(...call).catch((error: unknown) => {
            throw new SysimageError('internal', 'something went wrong', { cause: error });
          }),
      }),
  },
  {
    name: 'put rejects with the error of the system',
    caughtBy: failed,
    spoil: (target) =>
      but(target, {
        put: (...call) =>
          target.put(...call).catch((error: unknown) => {
            throw new Error('EIO: i/o error, write', { cause: error });
          }),
      }),
  },
  {
    name: 'put asks for the bytes twice at once',
    caughtBy: asking,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const ahead = chunks()[Symbol.asyncIterator]();
          await ahead.next().catch(() => undefined);
          try {
            return await target.put(name, size, chunks, options);
          } finally {
            await ahead.return?.();
          }
        },
      }),
  },
  {
    name: 'put leaves whoever gives the bytes waiting',
    caughtBy: asking,
    spoil: (target) =>
      but(target, {
        put: async (name, size, chunks, options) => {
          const stat = await target.put(name, size, chunks, options);
          await chunks()[Symbol.asyncIterator]().next();
          return stat;
        },
      }),
  },
  {
    name: 'an empty chunk ends the bytes',
    caughtBy: uneven,
    spoil: (target) =>
      but(target, {
        put: (name, size, chunks, options) =>
          target.put(
            name,
            size,
            async function* until() {
              for await (const chunk of chunks()) {
                if (chunk.length === 0) return;
                yield chunk;
              }
            },
            options,
          ),
      }),
  },
  {
    name: 'of a chunk that is part of a buffer, the beginning of the buffer is written',
    caughtBy: uneven,
    spoil: (target) =>
      but(target, {
        put: (name, size, chunks, options) =>
          target.put(
            name,
            size,
            async function* behind() {
              for await (const chunk of chunks()) yield new Uint8Array(chunk.buffer, 0, chunk.length);
            },
            options,
          ),
      }),
  },
  {
    name: 'put tells a state that stat does not know',
    caughtBy: told,
    spoil: (target) =>
      but(target, { put: async (...call) => ({ ...(await target.put(...call)), state: 'of the upload' }) }),
  },
  {
    name: 'list tells another state than stat',
    caughtBy: told,
    spoil: (target) =>
      but(target, {
        list: async function* list(prefix, options) {
          for await (const stat of target.list(prefix, options)) yield { ...stat, state: 'of the page' };
        },
      }),
  },
  {
    name: 'put tells no size',
    caughtBy: told,
    spoil: (target) => but(target, { put: async (...call) => ({ ...(await target.put(...call)), size: 0 }) }),
  },
];
