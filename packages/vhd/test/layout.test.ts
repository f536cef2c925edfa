import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  fileSize,
  slotBitmapOffset,
  slotCountOfFileSize,
  slotDataOffset,
  slotOfTableEntry,
  slotTableEntry,
  unallocatedEntry,
  vhdBlockSize,
  vhdLayout,
  vhdMaximumSize,
  vhdSectorSize,
} from '../src/index.js';

const diskSizes = fc.integer({ min: 1, max: vhdMaximumSize / 512 }).map((sectors) => sectors * 512);

test('payloads are aligned, and their bitmap lies right before them', () => {
  fc.assert(
    fc.property(diskSizes, fc.nat(1_000_000), (diskSize, slot) => {
      const layout = vhdLayout(diskSize);
      expect(layout.firstBlock % 4096).toBe(0);
      expect(layout.tableOffset + layout.tableSize).toBeLessThanOrEqual(layout.firstBlock);
      expect(layout.blockCount * vhdBlockSize).toBeGreaterThanOrEqual(diskSize);
      expect(slotDataOffset(layout, slot) % 4096).toBe(0);
      expect(slotBitmapOffset(layout, slot) + vhdSectorSize).toBe(slotDataOffset(layout, slot));
      expect(slotDataOffset(layout, slot) + vhdBlockSize + vhdSectorSize).toBe(fileSize(layout, slot + 1));
    }),
  );
});

test('entries and slots, sizes and counts are inverse', () => {
  fc.assert(
    fc.property(diskSizes, fc.nat(1_000_000), fc.integer({ min: 1, max: 4103 }), (diskSize, slot, wrong) => {
      const layout = vhdLayout(diskSize);
      expect(slotOfTableEntry(layout, slotTableEntry(layout, slot))).toBe(slot);
      expect(slotOfTableEntry(layout, slotTableEntry(layout, slot) + wrong)).toBeUndefined();
      expect(slotCountOfFileSize(layout, fileSize(layout, slot))).toBe(slot);
      expect(slotCountOfFileSize(layout, fileSize(layout, slot) + wrong * 512)).toBeUndefined();
    }),
  );
  expect(slotOfTableEntry(vhdLayout(512), unallocatedEntry)).toBeUndefined();
  expect(slotOfTableEntry(vhdLayout(512), 0)).toBeUndefined();
});

test('the largest disk can be addressed to its last block', () => {
  const layout = vhdLayout(vhdMaximumSize);
  expect(slotTableEntry(layout, layout.blockCount - 1)).toBeLessThan(unallocatedEntry);
  expect(() => slotTableEntry(layout, 2 * layout.blockCount)).toThrow(RangeError);
});

test.each([0, -512, 511, 513, Number.NaN, Infinity, vhdMaximumSize + 512])('refuses a disk of %d bytes', (size) => {
  expect(() => vhdLayout(size)).toThrow(RangeError);
});

test('refuses slots that are no whole numbers', () => {
  expect(() => slotDataOffset(vhdLayout(512), -1)).toThrow(RangeError);
  expect(() => slotDataOffset(vhdLayout(512), 0.5)).toThrow(RangeError);
});
