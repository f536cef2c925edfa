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
  ['md', 256 * 1024 - 65536, [0xa9, 0x2b, 0x4e, 0xfc, 0, 0, 0, 0]],
  ['md', 0, [0xfc, 0x4e, 0x2b, 0xa9, 1, 0, 0, 0]],
  ['md', Math.floor((512 - 16) / 8) * 4096, [0xfc, 0x4e, 0x2b, 0xa9, 1, 0, 0, 0]],
  ['bitlocker', 160, [0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 1]],
  ['bitlocker', 424, [0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 1]],
  ['bitlocker', 160, [0x3b, 0x4d, 0xa8, 0x92, 0x80, 0xdd, 0x0e, 0x4d, 0x9e, 0x4e, 0xb1, 0xe3, 0x28, 0x4e, 0xae, 0xd8]],
  ['luks', 0x4000, [0x53, 0x4b, 0x55, 0x4c, 0xba, 0xbe, 0, 2]],
  ['bcache', 4120, [0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca, 0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d, 0x81]],
  ['drbd', 256 * 1024 - 4036, [0x83, 0x74, 0x02, 0x6d]],
  ['isw', 256 * 1024 - 1024, 'Intel Raid ISM Cfg Sig. 1.3.00'],
  ['ddf', 256 * 1024 - 512, [0xde, 0x11, 0xde, 0x11]],
  ['vdo', 0, 'dmvdo001'],
  ['zfs', 128 * 1024 + 5 * 1024, [0x0c, 0xb1, 0xba, 0, 0, 0, 0, 0]],
  ['zfs', 128 * 1024 + 5 * 1024, [0, 0, 0, 0, 0, 0xba, 0xb1, 0x0c]],
  ['nilfs2', 1024, [2, 0, 0, 0, 0, 0, 0x34, 0x34]],
  ['gfs2', 65536, [0x01, 0x16, 0x19, 0x70, 0, 0, 0, 1]],
  ['udf', 32769, 'BEA01'],
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

test('bcachefs of the days when it had the mark of bcache', async () => {
  const mark = [0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca, 0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d, 0x81];
  expect(await read(volume([4112, [13]], [4120, mark]))).toMatchObject({ type: 'bcachefs' });
});

test('what a pool of former days left far from the front does not hide a file system', async () => {
  const { bytes } = extVolume({ groups: 2 });
  bytes.set([0x0c, 0xb1, 0xba, 0, 0, 0, 0, 0], 128 * 1024 + 5 * 1024);
  expect(await read(bytes)).toMatchObject({ type: 'ext4', noMapReason: undefined });
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
