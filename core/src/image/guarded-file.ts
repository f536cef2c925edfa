import type { Held, RandomFile } from '../contract/target.js';

/**
 * The same file, changed only while the lease is held: who slept through its lease must not go on writing into an image that somebody
 * else has taken over. Changes reject with `busy` then.
 */
export function guardFile(file: RandomFile, held: Held | undefined): RandomFile {
  if (held === undefined) return file;
  const deallocate = file.deallocate?.bind(file);
  const lend = file.lend?.bind(file);
  return {
    size: () => file.size(),
    read: (offset, into) => file.read(offset, into),
    async write(offset, bytes) {
      held.assertHeld();
      await file.write(offset, bytes);
    },
    async truncate(size) {
      held.assertHeld();
      await file.truncate(size);
    },
    flush: () => file.flush(),
    ...(deallocate === undefined
      ? {}
      : {
          async deallocate(range) {
            held.assertHeld();
            await deallocate(range);
          },
        }),
    ...(lend === undefined
      ? {}
      : {
          async lend(use) {
            held.assertHeld();
            return lend(use);
          },
        }),
    close: () => file.close(),
  };
}
