import type { ObjectName, RandomAccess, RandomFile } from '@sysimage/core/plugin';
import { callOf, type Call } from './call.js';
import type { Interceptor } from './interceptor.js';

/** What is inside a wrapped open object: a target knows only its own. */
const inside = new WeakMap<RandomFile, RandomFile>();

export function interceptedRandomAccess(random: RandomAccess, around: Interceptor): RandomAccess {
  return {
    async open(name, options) {
      const call: Call = {
        ...callOf('random.open', name, options),
        changes: options.create === true || options.exclusive,
      };
      const file = await around.once(call, () => random.open(name, options));
      const wrapped = interceptedFile(name, file, around);
      inside.set(wrapped, file);
      return wrapped;
    },
  };
}

function interceptedFile(name: ObjectName, file: RandomFile, around: Interceptor): RandomFile {
  const changing = new Set<Promise<unknown>>();
  const lend = file.lend?.bind(file);
  /** A wrapper may hold a change back. Whatever was begun before a flush is in it all the same. */
  const change = async <T>(work: Promise<T>): Promise<T> => {
    changing.add(work);
    try {
      return await work;
    } finally {
      changing.delete(work);
    }
  };
  return {
    size: () => around.once(callOf('random.size', name), () => file.size()),
    read(offset, into, direct) {
      const call = callOf('random.read', name, undefined, [{ start: offset, end: offset + into.byteLength }]);
      const work = (from: number, part: Uint8Array): Promise<void> => file.read(from, part);
      // Who takes a read apart has to do with each piece of it.
      return around.read?.(call, offset, into, work) ?? around.once(call, () => file.read(offset, into, direct));
    },
    write(offset, bytes) {
      const call = callOf('random.write', name, undefined, [{ start: offset, end: offset + bytes.byteLength }]);
      const work = (at: number, part: Uint8Array): Promise<void> => file.write(at, part);
      return change(around.write?.(call, offset, bytes, work) ?? around.once(call, () => work(offset, bytes)));
    },
    // Who has to do with each write cannot let others write.
    ...(lend === undefined || around.write !== undefined ? {} : { lend: (use) => change(lend(use)) }),
    truncate: (size) => change(around.once(callOf('random.truncate', name), () => file.truncate(size))),
    async flush() {
      await Promise.allSettled(changing);
      await around.once(callOf('random.flush', name), () => file.flush());
    },
    ...(file.deallocate === undefined
      ? {}
      : {
          deallocate: (range) =>
            change(
              around.once(callOf('random.deallocate', name, undefined, [range]), async () => file.deallocate?.(range)),
            ),
        }),
    ...(file.copyFrom === undefined
      ? {}
      : {
          copyFrom: (from, range, at) =>
            change(
              around.once(callOf('random.copy', name, undefined, [range]), async () =>
                file.copyFrom?.(inside.get(from) ?? from, range, at),
              ),
            ),
        }),
    async close() {
      await Promise.allSettled(changing);
      await around.once(callOf('random.close', name), () => file.close());
    },
  };
}
