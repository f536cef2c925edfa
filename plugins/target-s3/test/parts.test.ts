import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { objectName } from '@sysimage/core/plugin';
import fc from 'fast-check';
import { largestObject, mostParts, multipartFrom, partSizeOf } from '../src/part-plan.js';
import { partsOf } from '../src/parts.js';
import { chunksOf } from './bytes.js';

const name = objectName('a');

test('any size up to the largest fits, in parts that servers take, and two of them fit into memory', () => {
  const around = [0, 1, multipartFrom - 1, multipartFrom, mostParts * 2 ** 24, mostParts * 2 ** 24 + 1, largestObject];
  const sizes = fc.oneof(fc.constantFrom(...around), fc.integer({ min: 0, max: largestObject }));
  fc.assert(
    fc.property(sizes, (size) => {
      const partSize = partSizeOf(size);
      if (size < multipartFrom) return partSize === size;
      const parts = Math.ceil(size / partSize);
      return parts <= mostParts && partSize >= 5 * 2 ** 20 && partSize <= 525 * 2 ** 20;
    }),
  );
  expect(partSizeOf(multipartFrom)).toBe(16 * 2 ** 20);
});

test('parts are the bytes, however they come; fewer or more are refused', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      chunks,
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: -2, max: 2 }),
      async (given, partSize, wrong) => {
        const bytes = Buffer.concat(given);
        const size = Math.max(0, bytes.length + wrong);
        const all: Buffer[] = [];
        const gather = async (): Promise<void> => {
          for await (const part of partsOf({ name, size, partSize }, chunksOf(...given), undefined)) {
            expect(part.md5).toBe(createHash('md5').update(part.bytes).digest('base64'));
            expect(part.number).toBe(all.length + 1);
            all.push(Buffer.from(part.bytes));
          }
        };
        if (size !== bytes.length) {
          await expect(gather()).rejects.toMatchObject({ code: 'invalid' });
          return;
        }
        await gather();
        expect(Buffer.concat(all)).toEqual(bytes);
        expect(all.slice(0, -1).every((part) => part.length === partSize)).toBe(true);
      },
    ),
  );
});

test('a part stays as it is while the next one is gathered', async () => {
  const given = [1, 2, 3, 4, 5].map((value) => new Uint8Array(4).fill(value));
  let previous: { readonly bytes: Buffer; readonly md5: string } | undefined;
  for await (const part of partsOf({ name, size: 20, partSize: 4 }, chunksOf(...given), undefined)) {
    if (previous !== undefined) {
      expect(createHash('md5').update(previous.bytes).digest('base64')).toBe(previous.md5);
    }
    previous = part;
  }
});
