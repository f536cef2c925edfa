import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blockSize, extVolume } from './ext-volume.js';
import { read, survives } from './memory.js';

test('the map is what the bitmaps say, and all metadata', async () => {
  const shape = fc
    .record({ groups: fc.integer({ min: 1, max: 10 }), short: fc.nat(200), seed: fc.uniqueArray(fc.nat(2000)) })
    .chain(({ groups, short, seed }) =>
      fc.record({
        groups: fc.constant(groups),
        short: fc.constant(short),
        used: fc.constant(seed.filter((block) => block > 40 && block < 1 + groups * 256 - short)),
        unused: fc.uniqueArray(fc.nat(groups - 1)),
      }),
    );
  await fc.assert(
    fc.asyncProperty(shape, async (input) => {
      const { bytes, blocks, needed } = extVolume(input);
      const found = await read(bytes);
      expect(found).toMatchObject({ type: 'ext4', label: 'root', state: 'clean', unitSize: blockSize });
      expect(found?.id).toBe('abababab-abab-abab-abab-abababababab');
      expect(found?.noMapReason).toBeUndefined();
      for (let block = 0; block < blocks; block += 1) {
        expect(found?.allocated?.touches(block * blockSize, (block + 1) * blockSize)).toBe(needed.has(block));
      }
      expect(found?.allocated?.covers(blocks * blockSize, bytes.length)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test.each([
  [96, 0x6, 'journal needs recovery'],
  [58, 0, 'not unmounted'],
  [58, 3, 'errors noted'],
  [58, 5, 'files waiting to be deleted'],
  [232, 12, 'files waiting to be deleted'],
  [100, 0x10011, 'files waiting to be deleted'],
] as const)('field %i as %i is unclean', async (at, value, stateReason) => {
  const { bytes, superblock } = extVolume({ groups: 2 });
  if (at === 58) superblock.setUint16(at, value, true);
  else superblock.setUint32(at, value, true);
  const found = await read(bytes);
  expect(found).toMatchObject({ state: 'unclean', stateReason });
  expect(found?.allocated).toBeDefined();
});

test.each([
  [0, 0, 'ext2'],
  [0x4, 0x2, 'ext3'],
  [0x4, 0x40, 'ext4'],
  [0, 0x8, 'ext-journal'],
] as const)('compat %i, incompat %i is %s', async (compat, incompat, type) => {
  const { bytes, superblock } = extVolume({ groups: 1 });
  superblock.setUint32(92, compat, true);
  superblock.setUint32(96, incompat, true);
  superblock.setUint32(100, 1, true);
  expect((await read(bytes))?.type).toBe(type);
});

test('the journal of another volume has no groups', async () => {
  const { bytes, superblock } = extVolume({ groups: 1 });
  superblock.setUint32(96, 0x8, true);
  for (const at of [0, 40]) superblock.setUint32(at, 0, true);
  expect(await read(bytes)).toMatchObject({ type: 'ext-journal', allocated: undefined, state: 'unknown' });
});

test.each([
  [96, 0x40042, '40000'],
  [96, 0x8000_0002, '80000000'],
  [100, 0x20001, 'read-only 20000'],
])('features in field %i that nobody knows yet (%i) leave no map', async (at, value, feature) => {
  const { bytes, superblock } = extVolume({ groups: 1 });
  superblock.setUint32(at, value, true);
  const found = await read(bytes);
  expect(found?.allocated).toBeUndefined();
  expect(found?.noMapReason).toContain(`(${feature})`);
});

test('copies of the superblock where sparse_super2 has them, in groups whose bitmap was never written', async () => {
  const { bytes, superblock } = extVolume({ groups: 6, unused: [3, 4] });
  const startsWithCopy = async (group: number) => (await read(bytes))?.allocated?.has((1 + group * 256) * blockSize);
  expect([await startsWithCopy(3), await startsWithCopy(4)]).toEqual([true, false]);
  superblock.setUint32(92, 0x204, true);
  superblock.setUint32(588, 1, true);
  superblock.setUint32(592, 4, true);
  expect([await startsWithCopy(3), await startsWithCopy(4)]).toEqual([false, true]);
});

test('a bitmap that disagrees with its descriptor gives no map', async () => {
  const { bytes } = extVolume({ groups: 3, used: [400] });
  const at = (1 + 256 + 20) * blockSize + 20;
  bytes[at] = (bytes[at] ?? 0) ^ 0x80;
  expect((await read(bytes))?.noMapReason).toContain('ext block group 1');
});

test.each([
  [32, 8, 'blocks per group'],
  [32, 65536, 'clusters per group'],
  [20, 5, 'first data block'],
  [4, 1, 'number of blocks'],
  [40, 9000, 'inodes per group'],
  [88, 64, 'inode size'],
  [4, 0xffffffff, 'number of groups'],
] as const)('superblock field %i as %i makes no sense', async (at, value, what) => {
  const { bytes, superblock } = extVolume({ groups: 2 });
  superblock.setUint32(at, value, true);
  expect(await read(bytes)).toMatchObject({
    type: 'ext4',
    allocated: undefined,
    noMapReason: expect.stringContaining(what),
  });
});

test('metadata outside the file system gives no map; so does a volume too small', async () => {
  const { bytes, view, superblock } = extVolume({ groups: 2 });
  superblock.setUint32(4, 600, true);
  expect((await read(bytes))?.noMapReason).toBe('it claims to be larger than the volume');
  superblock.setUint32(4, 513, true);
  view.setUint32(2 * blockSize + 8, 511, true);
  expect((await read(bytes))?.noMapReason).toContain('block 511 is outside');
});

test('flipped bits', async () => {
  const good = extVolume({ groups: 3, used: [100, 300, 500], unused: [2] }).bytes;
  const flip = fc.tuple(fc.constantFrom(1024, 1024, 1024 + 512, 2048, 21 * 1024), fc.nat(300), fc.nat(7));
  await fc.assert(
    fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
      const bytes = good.slice();
      for (const [base, at, bit] of flips) bytes[base + at] = (bytes[base + at] ?? 0) ^ (1 << bit);
      await survives(bytes);
    }),
    { numRuns: 1000 },
  );
});
