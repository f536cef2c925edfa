import { expect, test } from '@jest/globals';
import { isZero } from '@sysimage/bytes';
import fc from 'fast-check';
import { AllocationMapBuilder } from '../src/allocation-map-builder.js';
import { extVolume } from './ext-volume.js';
import { fatVolume } from './fat-volume.js';
import { read, survives } from './memory.js';

const volume = (...marks: readonly (readonly [number, string | readonly number[]])[]) => {
  const bytes = new Uint8Array(256 * 1024);
  for (const [at, mark] of marks) bytes.set(typeof mark === 'string' ? new TextEncoder().encode(mark) : mark, at);
  return bytes;
};

test('nothing known', async () => {
  expect(await read(new Uint8Array(0))).toBeUndefined();
  expect(await read(new Uint8Array(511))).toBeUndefined();
  expect(await read(volume())).toBeUndefined();
});

test.each([
  ['bitlocker', 3, '-FVE-FS-'],
  ['luks', 0, [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe, 0, 2]],
  ['lvm', 536, 'LVM2 001'],
  ['md', 4096, [0xfc, 0x4e, 0x2b, 0xa9, 1, 0, 0, 0]],
  ['md', 256 * 1024 - 65536, [0xfc, 0x4e, 0x2b, 0xa9, 0, 0, 0, 0]],
  ['refs', 3, 'ReFS'],
  ['f2fs', 1024, [0x10, 0x20, 0xf5, 0xf2]],
  ['apfs', 32, 'NXSB'],
] as const)('%s by its mark, whole', async (type, at, mark) => {
  const found = await survives(volume([at, mark]));
  expect(found).toMatchObject({ type, allocated: undefined, noMapReason: 'its allocation map is not read here' });
});

test.each([
  ['exfat', 3, 'EXFAT   ', 'exFAT boot sector: size of sectors makes no sense'],
  ['xfs', 0, 'XFSB', 'XFS superblock: version makes no sense'],
  ['btrfs', 65600, '_BHRfS_M', 'Btrfs superblock: checksum makes no sense'],
  ['swap', 4086, 'SWAPSPACE2', 'it is of version 0, which is not read here'],
] as const)('%s with nothing but its mark has no map', async (type, at, mark, reason) => {
  const found = await survives(volume([at, mark]));
  expect(found).toMatchObject({ type, allocated: undefined });
  expect(found?.noMapReason).toContain(reason);
});

test('a suspended system in swap is unclean', async () => {
  expect(await read(volume([4086, 'S1SUSPEND']))).toMatchObject({
    type: 'swap',
    state: 'unclean',
    stateReason: 'hibernated',
  });
});

test('two file systems on one volume: none of their maps is believed', async () => {
  const { bytes } = extVolume({ groups: 2 });
  bytes.set(new TextEncoder().encode('XFSB'), 0);
  expect(await read(bytes)).toMatchObject({
    type: 'ext4',
    state: 'unknown',
    allocated: undefined,
    noMapReason: 'there are also marks of xfs',
  });
});

test('what wraps a file system wins: a mirror half shows its file system, too', async () => {
  const { bytes } = fatVolume({ bits: 16, clusters: 5000, sectorsPerCluster: 1 });
  const sectors = bytes.length / 512;
  bytes.set([0xfc, 0x4e, 0x2b, 0xa9, 1, 0, 0, 0], Math.floor((sectors - 16) / 8) * 4096);
  expect(await read(bytes)).toMatchObject({ type: 'md', allocated: undefined });
});

test('random bytes behind every kind of mark', async () => {
  const marks = fc.constantFrom<readonly [number, string]>(
    [3, 'NTFS    '],
    [3, 'EXFAT   '],
    [0, 'XFSB'],
    [0, 'LUKS\u00ba'],
    [24, 'LVM2 001'],
    [65600, '_BHRfS_M'],
    [4086, 'SWAPSPACE2'],
    [510, 'U'],
  );
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 600, maxLength: 70_000, size: 'max' }),
      marks,
      async (bytes, [at, mark]) => {
        if (bytes.length > at + 16) bytes.set(new TextEncoder().encode(mark), at);
        if (bytes.length > 2048) bytes.set([0x53, 0xef], 1080);
        await survives(bytes);
      },
    ),
    { numRuns: 300 },
  );
});

test('bits become runs, whatever the pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(7), (pieces, cut) => {
      const builder = new AllocationMapBuilder(1e6);
      const bits: boolean[] = [];
      for (const piece of pieces) {
        const count = Math.max(0, piece.length * 8 - cut);
        const used = builder.addBits(piece, count, bits.length * 10, 10);
        const own = Array.from({ length: count }, (_, i) => (((piece[i >>> 3] ?? 0) >>> (i & 7)) & 1) === 1);
        expect(used).toBe(own.filter(Boolean).length);
        bits.push(...own);
      }
      const map = builder.build();
      expect(map.size).toBe(bits.filter(Boolean).length * 10);
      bits.forEach((bit, i) => expect(map.has(i * 10)).toBe(bit));
    }),
  );
});

test('runs are cut at the end of the volume', () => {
  const builder = new AllocationMapBuilder(100);
  builder.add(90, 110);
  builder.add(120, 130);
  expect([...builder.build()]).toEqual([{ start: 90, end: 100 }]);
});

test('a map in too many pieces is refused', () => {
  const bitmap = new Uint8Array(1024 * 1024).fill(0x55);
  const builder = new AllocationMapBuilder(1e15);
  expect(isZero(bitmap)).toBe(false);
  expect(() => {
    for (let i = 0; i < 2; i += 1) builder.addBits(bitmap, bitmap.length * 8, i * bitmap.length * 8 * 512, 512);
  }).toThrow(/separate runs/);
});
