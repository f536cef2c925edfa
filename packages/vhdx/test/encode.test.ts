import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from '../src/crc32c.js';
import { guidBytes, guidText } from '../src/guid.js';
import {
  encodeHeader,
  encodeHeaderRegion,
  encodeTable,
  encodeTableEntry,
  headerRegionPieces,
  slotTableEntry,
  tableEntryOffset,
  vhdxLayout,
} from '../src/index.js';
import { identity } from './make-vhdx.js';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('the checksum is the Castagnoli one', () => {
  // Test values of RFC 3720, B.4, behind four bytes that count as zeros; and the usual "123456789".
  expect(crc32c(new Uint8Array(32), 100)).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff), 100)).toBe(0x62a8ab43);
  expect(crc32c(Buffer.from('123456789'), 100)).toBe(0xe3069283);
  const covered = Uint8Array.of(1, 2, 0, 0, 0, 0, 3);
  expect(crc32c(Uint8Array.of(1, 2, 9, 9, 9, 9, 3), 2)).toBe(crc32c(covered, 100));
});

test('a header is these bytes', () => {
  const bytes = encodeHeader(identity);
  expect(bytes).toHaveLength(4096);
  expect(hexOf(bytes.subarray(0, 80))).toBe(
    [
      '68656164', // head
      hexOf(bytes.subarray(4, 8)),
      '0700000000000000', // sequence number
      '00112233445566778899aabbccddeeff', // file write
      'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf', // data write
      '00000000000000000000000000000000', // no log to replay
      '0000', // log version
      '0100', // version
      '00001000', // log of 1 MiB
      '0000100000000000', // at 1 MiB
    ].join(''),
  );
  expect(bytes.subarray(80).every((byte) => byte === 0)).toBe(true);
});

test('the header region is what the specification says', () => {
  const layout = vhdxLayout({ size: 3 * 2 ** 21 + 512, sectorSize: 512 });
  const bytes = encodeHeaderRegion(layout, identity, Uint32Array.of(4, 0, 8, 6));
  expect(bytes).toHaveLength(4 * 2 ** 20);
  expect(hexOf(bytes.subarray(0, 28))).toBe('7668647866696c65' + '73007900730069006d00610067006500' + '00000000');
  expect(bytes.subarray(0x10000, 0x11000)).toEqual(encodeHeader(identity));
  expect(bytes.subarray(0x20000, 0x21000)).toEqual(encodeHeader({ ...identity, sequenceNumber: 8 }));
  expect(bytes.subarray(0x30000, 0x40000)).toEqual(bytes.subarray(0x40000, 0x50000));
  expect(hexOf(bytes.subarray(0x30000, 0x30000 + 4))).toBe('72656769');
  expect(hexOf(bytes.subarray(0x30008, 0x30008 + 72))).toBe(
    [
      '0200000000000000',
      '6677c22d23f600429d64115e9bfd4a08',
      '0000300000000000',
      '00001000',
      '01000000',
      '06a27c8b90479a4bb8fe575f050f886e',
      '0000200000000000',
      '00001000',
      '01000000',
    ].join(''),
  );
  expect(hexOf(bytes.subarray(0x100000, 0x200000)).replaceAll('0', '')).toBe('');
  const item = (at: number, length: number): string => hexOf(bytes.subarray(0x210000 + at, 0x210000 + at + length));
  expect(hexOf(bytes.subarray(0x200000, 0x20000c))).toBe('6d657461646174610000' + '0500');
  expect(item(0, 8)).toBe('0000200000000000');
  expect(item(8, 8)).toBe('0002600000000000');
  expect(item(16, 16)).toBe(hexOf(identity.diskId));
  expect(item(32, 8)).toBe('0002000000100000');
  expect(hexOf(bytes.subarray(0x300000, 0x300028))).toBe(
    '0600400000000000' + '0000000000000000' + '0600800000000000' + '0600600000000000' + '0000000000000000',
  );
});

test('pieces of the header region are no larger than a MiB, and make up the whole', () => {
  const layout = vhdxLayout({ size: 3 * 2 ** 40, sectorSize: 512 });
  const table = new Uint32Array(layout.blockCount);
  table.forEach((_, block) => {
    if (block % 3 === 0) table[block] = slotTableEntry(layout, block);
  });
  const whole = encodeHeaderRegion(layout, identity, table);
  const view = new DataView(whole.buffer);
  let end = 0;
  for (const { offset, bytes } of headerRegionPieces(layout, identity, table)) {
    expect(offset).toBeGreaterThanOrEqual(end);
    end = offset + bytes.length;
    expect(bytes.length).toBeLessThanOrEqual(2 ** 20);
  }
  expect(end).toBe(layout.firstBlock);
  for (const block of [0, 3, 2046, 2049, 4095, 4098, layout.blockCount - 3, layout.blockCount - 1]) {
    const entry = view.getBigUint64(tableEntryOffset(layout, block), true);
    const place = block % 3 === 0 ? BigInt(slotTableEntry(layout, block)) : 0n;
    expect(entry).toBe(place === 0n ? 0n : (place << 20n) | 6n);
  }
  // The entry behind each chunk is that of its sector bitmap.
  expect(view.getBigUint64(layout.tableOffset + 2048 * 8, true)).toBe(0n);
});

test('any part of a table is that part of the whole', () => {
  const layout = vhdxLayout({ size: 20 * 2 ** 32, sectorSize: 512 });
  const table = Uint32Array.from({ length: layout.blockCount }, (_, block) => (block % 5 === 0 ? 0 : block + 9));
  const whole = encodeTable(layout, table);
  const entries = layout.tableSize / 8;
  fc.assert(
    fc.property(fc.nat(entries), fc.nat(entries), (a, b) => {
      const [from, to] = [Math.min(a, b) * 8, Math.max(a, b) * 8];
      expect(Buffer.compare(encodeTable(layout, table, from, to), whole.subarray(from, to))).toBe(0);
    }),
    { numRuns: 50 },
  );
  const at = tableEntryOffset(layout, 2049) - layout.tableOffset;
  expect(encodeTableEntry(table[2049] ?? 0)).toEqual(whole.slice(at, at + 8));
});

test('GUIDs have a mixed order of bytes', () => {
  const text = '2dc27766-f623-4200-9d64-115e9bfd4a08';
  expect(hexOf(guidBytes(`{${text.toUpperCase()}}`) ?? new Uint8Array())).toBe('6677c22d23f600429d64115e9bfd4a08');
  expect(guidText(guidBytes(text) ?? new Uint8Array())).toBe(text);
  expect(guidBytes('2dc27766f62342009d64115e9bfd4a08')).toBeUndefined();
});

test('refuses what the format cannot say', () => {
  const layout = vhdxLayout({ size: 512, sectorSize: 512 });
  const table = new Uint32Array(1);
  expect(() => encodeTable(layout, new Uint32Array(2))).toThrow(RangeError);
  for (const [from, to] of [
    [4, 16],
    [-8, 8],
    [16, 8],
    [0, 2 ** 20 + 8],
  ] as const) {
    expect(() => encodeTable(layout, table, from, to)).toThrow(RangeError);
  }
  expect(() => encodeHeader({ ...identity, sequenceNumber: 0 })).toThrow(RangeError);
  expect(() => encodeHeader({ ...identity, fileWriteId: new Uint8Array(15) })).toThrow(RangeError);
  expect(() => encodeHeaderRegion(layout, { ...identity, diskId: new Uint8Array(17) }, table)).toThrow(RangeError);
});
