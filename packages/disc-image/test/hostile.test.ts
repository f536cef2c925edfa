import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openDisc } from '../src/index.js';
import { fuzzDiscImage, tries } from './fuzz.js';
import { imageOf, pattern, readerOfImage, withoutUdf } from './fixture.js';

const contents = Array.from({ length: 12 }, (_, i) => ({
  path: `${i % 3}/${i % 2}/file-${i}.txt`,
  bytes: pattern(i * 700, i),
}));

test('random bytes are refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
      expect(await tries(bytes)).toBe('refused');
    }),
  );
  expect(await tries(pattern(2 ** 20, 5))).toBe('refused');
  expect(await tries(new Uint8Array(2 ** 20))).toBe('refused');
});

test('flipped bits anywhere among the structures', async () => {
  expect(await fuzzDiscImage({ seed: 1, runs: 150 })).toBeGreaterThan(0);
});

test('bytes all over the trees of ISO 9660, which have no checksums', async () => {
  const image = withoutUdf(await imageOf(contents));
  for (let at = 257 * 2048; at < 300 * 2048; at += 5) {
    const byte = image[at] ?? 0;
    if (byte === 0 && at % 35 !== 0) continue;
    for (const value of [0xff, byte ^ 0x80]) {
      image[at] = value;
      await tries(image);
    }
    image[at] = byte;
  }
});

test('an image that was cut', async () => {
  const image = await imageOf(contents);
  for (let size = 0; size < image.length; size += 2048 * 5 + 100) await tries(image.subarray(0, size));
  // Without its last third the other anchor still opens it, or says that bytes are missing.
  expect(await tries(image.subarray(0, image.length - 2048))).toBe('opened');
});

test('a folder that contains itself', async () => {
  const image = withoutUdf(await imageOf([{ path: 'a/b', bytes: pattern(3, 1) }]));
  const joliet = image.subarray(17 * 2048, 18 * 2048);
  const root = joliet.readUInt32LE(158);
  // The third record of the root is "a": let it be the root.
  const record = root * 2048 + 68;
  image.writeUInt32LE(root, record + 2);
  await expect(openDisc(readerOfImage(image), image.length)).rejects.toMatchObject({ code: 'corrupt' });
});

test('errors of reading come through', async () => {
  const broken = async (): Promise<Uint8Array> => {
    throw new TypeError('the drive');
  };
  await expect(openDisc(broken, 2 ** 20)).rejects.toThrow(TypeError);
});
