import type { RandomFile, Target } from '@sysimage/core/plugin';
import { createMemoryTarget } from '@sysimage/target-memory';
import type { VirtualClock } from './virtual-clock.js';

export interface Moved {
  readonly direction: 'upload' | 'download';
  readonly at: number;
  readonly bytes: number;
}

/** A target in memory that notes when bytes come to it and go from it. */
export function watched(clock: VirtualClock): { target: Target; moved: Moved[] } {
  const moved: Moved[] = [];
  const note = (direction: Moved['direction'], bytes: number): void =>
    void moved.push({ direction, at: clock.time, bytes });
  const inner = createMemoryTarget();
  const { random, capacity } = inner.facets;
  const watchedFile = (file: RandomFile): RandomFile => ({
    ...file,
    async read(offset, into) {
      await file.read(offset, into);
      note('download', into.byteLength);
    },
    async write(offset, bytes) {
      note('upload', bytes.byteLength);
      await file.write(offset, bytes);
    },
  });
  const target: Target = {
    ...inner,
    facets: { capacity, random: { open: async (...args) => watchedFile(await random.open(...args)) } },
    put: (given, size, chunks, options) =>
      inner.put(
        given,
        size,
        async function* noted() {
          for await (const chunk of chunks()) {
            note('upload', chunk.byteLength);
            yield chunk;
          }
        },
        options,
      ),
  };
  return { target, moved };
}

export const pattern = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7) & 255);
