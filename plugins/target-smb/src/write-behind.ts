const blockSize = 2 ** 20;
const most = 4;

/** Gathers chunks to blocks and writes several at once. Keeps no chunk: their owner uses the memory again. */
export interface WriteBehind {
  add(chunk: Uint8Array): Promise<void>;
  /** Writes what is left and waits for all. Rejects with the first failure. */
  end(): Promise<void>;
  /** Waits until nothing is being written any more, whatever came of it. */
  settle(): Promise<void>;
}

export function createWriteBehind(write: (offset: number, bytes: Uint8Array) => Promise<void>): WriteBehind {
  const writing: Promise<void>[] = [];
  let block = new Uint8Array(blockSize);
  let filled = 0;
  let offset = 0;

  function start(): void {
    const work = write(offset, block.subarray(0, filled));
    // Heard of when its turn comes.
    work.catch(() => {});
    writing.push(work);
    offset += filled;
    block = new Uint8Array(blockSize);
    filled = 0;
  }

  return {
    async add(chunk) {
      for (let at = 0; at < chunk.byteLength;) {
        const part = chunk.subarray(at, at + blockSize - filled);
        block.set(part, filled);
        filled += part.byteLength;
        at += part.byteLength;
        if (filled < blockSize) continue;
        start();
        if (writing.length >= most) await writing.shift();
      }
    },
    async end() {
      if (filled > 0) start();
      await Promise.all(writing);
    },
    async settle() {
      await Promise.allSettled(writing);
    },
  };
}
