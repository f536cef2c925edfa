import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SparseBytes } from '../src/sparse-bytes.js';

const limit = 300_000;
const step = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), at: fc.nat(limit), length: fc.nat(140_000), value: fc.nat(2) }),
  fc.record({ kind: fc.constant('truncate' as const), size: fc.nat(limit) }),
  fc.record({ kind: fc.constant('punch' as const), at: fc.nat(limit), length: fc.nat(140_000) }),
  fc.record({ kind: fc.constant('clone' as const) }),
);

test('behaves like one long array, and clones never change each other', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let sparse = new SparseBytes();
      let flat: Buffer = Buffer.alloc(0);
      const clones: { readonly sparse: SparseBytes; readonly flat: Buffer }[] = [];
      const grow = (size: number): Buffer => Buffer.concat([flat, Buffer.alloc(Math.max(0, size - flat.byteLength))]);
      for (const each of steps) {
        if (each.kind === 'write') {
          const predicted = sparse.allocated + sparse.growth(each.at, each.length);
          sparse.write(each.at, new Uint8Array(each.length).fill(each.value));
          flat = grow(each.length === 0 ? 0 : each.at + each.length);
          if (each.length > 0) flat.fill(each.value, each.at, each.at + each.length);
          expect(sparse.allocated).toBe(predicted);
        } else if (each.kind === 'truncate') {
          sparse.truncate(each.size);
          flat = grow(each.size).subarray(0, each.size);
        } else if (each.kind === 'punch') {
          const end = Math.min(flat.byteLength, each.at + each.length);
          sparse.punch(each.at, Math.max(each.at, end));
          flat = Buffer.from(flat);
          if (each.at < end) flat.fill(0, each.at, end);
        } else {
          clones.push({ sparse, flat: Buffer.from(flat) });
          sparse = sparse.clone();
          flat = Buffer.from(flat);
        }
      }
      for (const each of [...clones, { sparse, flat }]) {
        const read = new Uint8Array(each.sparse.size);
        each.sparse.read(0, read);
        expect(Buffer.from(read).equals(each.flat)).toBe(true);
        expect(each.sparse.allocated).toBeLessThanOrEqual(each.sparse.size);
      }
    }),
    { numRuns: 60 },
  );
});

test('ten gibibytes of nothing take nothing', () => {
  const sparse = new SparseBytes();
  sparse.truncate(10 * 2 ** 30);
  sparse.write(10 * 2 ** 30 - 1, Uint8Array.of(1));
  expect(sparse.allocated).toBe(65_536);
});
