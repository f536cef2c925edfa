import { objectName } from '@sysimage/core/plugin';
import { aName, pattern, put, read, same } from '../bytes.js';
import { mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

const size = 300_000;

export const rangeCases: readonly KitCase[] = [
  {
    name: 'get: exactly the range, at every edge',
    run: async ({ target }) => {
      const bytes = pattern(size);
      await put(target, aName, bytes);
      const edges = [0, 1, 511, 512, 4095, 4096, 65_535, 65_536, 65_537, 131_072, 262_144, size - 1, size];
      for (const start of edges) {
        for (const end of edges) {
          if (end >= start)
            same(await read(target, aName, start, end), bytes.subarray(start, end), `get ${start}..${end}`);
        }
      }
    },
  },
  {
    name: 'get: a range beyond the end is corrupt, never short',
    run: async ({ target }) => {
      await put(target, aName, pattern(1000));
      for (const [start, end] of [
        [0, 1001],
        [999, 1001],
        [1000, 1001],
        [5000, 5001],
      ] as const) {
        await mustReject(read(target, aName, start, end), ['corrupt'], `get ${start}..${end} of 1000 bytes`);
      }
    },
  },
  {
    name: 'get: many readers at once, and one that stops in the middle',
    run: async ({ target }) => {
      const bytes = pattern(2_000_000);
      await put(target, aName, bytes);
      for await (const chunk of target.get(aName, { start: 0, end: bytes.length })) {
        if (chunk.length > 0) break;
      }
      const starts = Array.from({ length: 12 }, (_, i) => i * 150_000);
      const parts = await Promise.all(starts.map((start) => read(target, aName, start, start + 200_000)));
      parts.forEach((part, i) => same(part, bytes.subarray(i * 150_000, i * 150_000 + 200_000), `reader ${i} of 12`));
      await mustReject(read(target, objectName('no', 'such'), 0, 1), ['not-found'], 'get of a missing object');
    },
  },
];
