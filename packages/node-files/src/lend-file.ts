import type { FileHandle } from 'node:fs/promises';

/** An open file that others may read by its number, without this handle knowing when. */
export interface LendableFile {
  /** Gives the number away until `use` has ended. */
  lend<T>(use: (descriptor: number) => Promise<T>): Promise<T>;
  /** Closes the file when nobody has the number any more: it would mean another file soon. */
  close(): Promise<void>;
}

export function lendFile(handle: FileHandle): LendableFile {
  const lent = new Set<Promise<unknown>>();
  return {
    async lend(use) {
      const using = use(handle.fd);
      lent.add(using);
      try {
        return await using;
      } finally {
        lent.delete(using);
      }
    },
    async close() {
      while (lent.size > 0) await Promise.allSettled(lent);
      await handle.close();
    },
  };
}
