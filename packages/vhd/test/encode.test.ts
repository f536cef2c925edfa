import { expect, test } from '@jest/globals';
import { encodeFooter, encodeHeaderRegion, encodeTable, fullBitmap, vhdLayout } from '../src/index.js';
import { identity } from './make-vhd.js';

test('a footer is these bytes', () => {
  const size = 100 * 1024 * 1024;
  const hex = Buffer.from(encodeFooter(size, identity)).toString('hex');
  expect(hex.slice(0, 170)).toBe(
    [
      '636f6e6563746978', // conectix
      '00000002', // features
      '00010000', // version
      '0000000000000200', // dynamic header
      '3295ce00', // 2026-11-22T16:00:00Z
      '73797369', // sysi
      '00010000', // version of the creator
      '5769326b', // Wi2k
      '0000000006400000', // original size
      '0000000006400000', // current size
      'ffff10ff', // geometry
      '00000003', // dynamic
      'ffffec4e', // checksum
      '00112233445566778899aabbccddeeff', // uuid
      '00', // no saved state
    ].join(''),
  );
  expect(hex.slice(170)).toMatch(/^0+$/u);
  expect(hex).toHaveLength(1024);
});

test('the header region is copy, dynamic header, table and zeros', () => {
  const layout = vhdLayout(3 * 2 ** 21 + 512);
  const bytes = encodeHeaderRegion(layout, identity, Uint32Array.of(15, 0xffff_ffff, 4119, 8223));
  expect(bytes).toHaveLength(layout.firstBlock);
  expect(bytes.subarray(0, 512)).toEqual(encodeFooter(layout.diskSize, identity));
  const hex = Buffer.from(bytes.subarray(512)).toString('hex');
  expect(hex.slice(0, 80)).toBe('6378737061727365ffffffffffffffff0000000000000600000100000000000400200000fffff473');
  expect(hex.slice(80, 2048)).toMatch(/^0+$/u);
  expect(hex.slice(2048, 2048 + 32)).toBe('0000000fffffffff000010170000201f');
  expect(hex.slice(2048 + 32, 3072)).toMatch(/^f+$/u);
  expect(hex.slice(3072)).toMatch(/^0*$/u);
});

test('a bitmap is a sector of ones', () => {
  expect(fullBitmap()).toEqual(new Uint8Array(512).fill(0xff));
});

test('refuses what the format cannot say', () => {
  expect(() => encodeFooter(511, identity)).toThrow(RangeError);
  expect(() => encodeFooter(512, { ...identity, uuid: new Uint8Array(15) })).toThrow(RangeError);
  expect(() => encodeFooter(512, { ...identity, createdAt: new Date('1999-12-31T23:59:59Z') })).toThrow(RangeError);
  expect(() => encodeFooter(512, { ...identity, createdAt: new Date('2137-01-01') })).toThrow(RangeError);
  expect(() => encodeFooter(512, { ...identity, createdAt: new Date(Number.NaN) })).toThrow(RangeError);
  expect(() => encodeTable(vhdLayout(512), new Uint32Array(2))).toThrow(RangeError);
});
