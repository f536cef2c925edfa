import assert from 'node:assert/strict';
import { isFormatError } from '@sysimage/bytes';
import fc from 'fast-check';
import { openDisc } from '../src/index.js';
import { imageOf, pattern, readerOfImage, withoutUdf } from './fixture.js';

const contents = Array.from({ length: 12 }, (_, i) => ({
  path: `${i % 3}/${i % 2}/file-${i}.txt`,
  bytes: pattern(i * 700, i),
}));

/** Opens; whatever comes out must be a `FormatError` or extents inside the image. */
export async function tries(image: Uint8Array): Promise<'opened' | 'refused'> {
  try {
    const { files } = await openDisc(readerOfImage(image), image.length);
    for (const { path, size, extents } of files) {
      assert(!path.split('/').includes('..'), path);
      assert.equal(
        extents.reduce((sum, { length }) => sum + length, 0),
        size,
      );
      for (const { offset, length } of extents) assert(offset >= 0 && offset + length <= image.length);
    }
    return 'opened';
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return 'refused';
  }
}

/** Flips bits anywhere among the structures of a disc, with and without UDF, and opens it. Tells how often it was refused. */
export async function fuzzDiscImage({ seed, runs }: { readonly seed: number; readonly runs: number }): Promise<number> {
  const whole = await imageOf(contents);
  let refused = 0;
  for (const base of [whole, withoutUdf(whole)]) {
    const used = [...base.subarray(0, 300 * 2048).keys()].filter((at) => at >= 16 * 2048 && base[at] !== 0);
    const flips = fc.array(fc.tuple(fc.constantFrom(...used), fc.integer({ min: 0, max: 7 })), {
      minLength: 1,
      maxLength: 400,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (list) => {
        const image = Buffer.from(base);
        for (const [at, bit] of list) image[at] = (image[at] ?? 0) ^ (1 << bit);
        if ((await tries(image)) === 'refused') refused += 1;
      }),
      { seed, numRuns: runs },
    );
  }
  return refused;
}
