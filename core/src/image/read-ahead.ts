/**
 * Reads for one item after the other, in order, and begins with the next few while one is looked at. What is yielded may be used
 * until the next one is asked for: buffers are used again. `ahead`: how many reads go on while one is looked at;
 * `size`: bytes of a buffer.
 */
export async function* readAhead<Item, Read>(
  items: Iterable<Item>,
  { ahead, size }: { readonly ahead: number; readonly size: number },
  read: (item: Item, buffer: Uint8Array) => Promise<Read>,
): AsyncGenerator<Read> {
  const buffers: Uint8Array[] = [];
  const going: Promise<Read>[] = [];
  let begun = 0;
  try {
    for (const item of items) {
      const buffer = (buffers[begun % (ahead + 1)] ??= new Uint8Array(size));
      begun += 1;
      const next = read(item, buffer);
      // Its failure is heard when its turn comes; until then nobody awaits it.
      next.catch(() => undefined);
      going.push(next);
      if (going.length > ahead) yield* first(going);
    }
    while (going.length > 0) yield* first(going);
  } finally {
    // Whoever stops early may close what is read at once.
    await Promise.allSettled(going);
  }
}

async function* first<Read>(going: Promise<Read>[]): AsyncGenerator<Read> {
  const next = going.shift();
  if (next !== undefined) yield await next;
}
