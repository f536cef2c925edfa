import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  fileSize,
  slotCountOfFileSize,
  slotDataOffset,
  slotOfTableEntry,
  slotTableEntry,
  tableEntryOffset,
  unallocatedEntry,
  vhdxLayout,
  vhdxMaximumSize,
} from '../src/index.js';

const mebi = 2 ** 20;
const tebi = 2 ** 40;
const disks = fc
  .constantFrom(512, 4096)
  .chain((sectorSize) =>
    fc
      .oneof(fc.integer({ min: 1, max: vhdxMaximumSize / sectorSize }), fc.integer({ min: 1, max: 2 ** 20 }))
      .map((sectors) => ({ size: sectors * sectorSize, sectorSize })),
  );

test('everything lies at a whole MiB, and nothing over something else', () => {
  fc.assert(
    fc.property(disks, fc.nat(1_000_000), (disk, slot) => {
      const layout = vhdxLayout(disk);
      expect(layout.firstBlock % mebi).toBe(0);
      expect(layout.firstBlock).toBeLessThanOrEqual(20 * mebi);
      expect(layout.blockCount * layout.blockSize).toBeGreaterThanOrEqual(disk.size);
      expect((layout.blockCount - 1) * layout.blockSize).toBeLessThan(disk.size);
      expect(layout.chunkRatio * layout.blockSize).toBe(2 ** 23 * disk.sectorSize);
      expect(tableEntryOffset(layout, 0)).toBe(layout.tableOffset);
      expect(tableEntryOffset(layout, layout.blockCount - 1) + 8).toBeLessThanOrEqual(layout.firstBlock);
      expect(slotDataOffset(layout, slot) % mebi).toBe(0);
      expect(slotDataOffset(layout, slot) + layout.blockSize).toBe(fileSize(layout, slot + 1));
    }),
  );
});

test('entries and slots, sizes and counts are inverse', () => {
  fc.assert(
    fc.property(disks, fc.nat(1_000_000), (disk, slot) => {
      const layout = vhdxLayout(disk);
      expect(slotOfTableEntry(layout, slotTableEntry(layout, slot))).toBe(slot);
      expect(slotOfTableEntry(layout, slotTableEntry(layout, slot) + 1)).toBeUndefined();
      expect(slotCountOfFileSize(layout, fileSize(layout, slot))).toBe(slot);
      expect(slotCountOfFileSize(layout, fileSize(layout, slot) + 512)).toBeUndefined();
    }),
  );
  const layout = vhdxLayout({ size: 512, sectorSize: 512 });
  expect(slotOfTableEntry(layout, unallocatedEntry)).toBeUndefined();
  expect(slotCountOfFileSize(layout, 0)).toBeUndefined();
});

test('behind each chunk is an entry for its sector bitmap', () => {
  const layout = vhdxLayout({ size: tebi, sectorSize: 512 });
  const places = [0, 2047, 2048, 4095, 4096].map((block) => (tableEntryOffset(layout, block) - layout.tableOffset) / 8);
  expect(places).toEqual([0, 2047, 2049, 4096, 4098]);
});

test.each([
  [512, 512, 2, 1, 2048],
  [4 * tebi, 512, 2, 2 ** 21, 2048],
  [4 * tebi + 512, 512, 4, 2 ** 20 + 1, 1024],
  [4 * tebi + 4096, 4096, 4, 2 ** 20 + 1, 8192],
  [vhdxMaximumSize, 512, 32, 2 ** 21, 128],
])(
  'a disk of %d bytes in sectors of %d has blocks of %d MiB',
  (size, sectorSize, blockMebi, blockCount, chunkRatio) => {
    const layout = vhdxLayout({ size, sectorSize });
    expect(layout).toMatchObject({ blockSize: blockMebi * mebi, blockCount, chunkRatio });
    expect(slotTableEntry(layout, layout.blockCount)).toBeLessThan(2 ** 32);
  },
);

test.each([0, -512, 511, 513, Number.NaN, Infinity, vhdxMaximumSize + 512])('refuses a disk of %d bytes', (size) => {
  expect(() => vhdxLayout({ size, sectorSize: 512 })).toThrow(RangeError);
});

test('refuses what is no sector, slot or block', () => {
  for (const sectorSize of [0, 520, 1024, 8192]) {
    expect(() => vhdxLayout({ size: 2 ** 20, sectorSize })).toThrow(RangeError);
  }
  expect(() => vhdxLayout({ size: 512, sectorSize: 4096 })).toThrow(RangeError);
  const layout = vhdxLayout({ size: 512, sectorSize: 512 });
  for (const slot of [-1, 0.5, Number.NaN]) expect(() => slotDataOffset(layout, slot)).toThrow(RangeError);
  for (const block of [-1, 0.5, 1]) expect(() => tableEntryOffset(layout, block)).toThrow(RangeError);
  expect(() => slotTableEntry(layout, 2 ** 32)).toThrow(RangeError);
});
