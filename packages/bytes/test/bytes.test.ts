import { crc32 as reference } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteView, crc32, isFormatError, isZero, nonZeroRuns } from '../src/index.js';

test('crc32 of the check string of every catalogue, in one go and in pieces', () => {
  const text = new TextEncoder().encode('123456789');
  expect(crc32(text)).toBe(0xcbf43926);
  expect(crc32(text.subarray(4), crc32(text.subarray(0, 4)))).toBe(0xcbf43926);
});

test('crc32 agrees with zlib', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => expect(crc32(bytes)).toBe(reference(bytes))));
});

test('isZero sees a single bit anywhere, at any alignment', () => {
  fc.assert(
    fc.property(fc.nat(15), fc.nat(70), fc.nat(7), (offset, length, bit) => {
      const bytes = new Uint8Array(offset + length).subarray(offset);
      expect(isZero(bytes)).toBe(true);
      for (let i = 0; i < length; i += 1) {
        bytes[i] = 1 << bit;
        expect(isZero(bytes)).toBe(false);
        bytes[i] = 0;
      }
    }),
  );
});

test('the runs that are not zeros are all that is not zeros, in whole pieces', () => {
  const pieces = fc.array(fc.constantFrom(0, 0, 1, 2), { maxLength: 12 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 9 }), fc.nat(8), fc.nat(9), (kinds, unit, rest, offset) => {
      const length = kinds.length * unit + Math.min(rest, unit - 1);
      const bytes = new Uint8Array(offset + length).subarray(offset);
      // A piece is known by its first byte, or only by its last.
      for (const [i, kind] of kinds.entries()) if (kind > 0) bytes[i * unit + (kind === 1 ? 0 : unit - 1)] = 7;
      const expected: { start: number; end: number }[] = [];
      for (let at = 0; at < length; at += unit) {
        const end = Math.min(at + unit, length);
        if (isZero(bytes.subarray(at, end))) continue;
        const last = expected.at(-1);
        if (last?.end === at) last.end = end;
        else expected.push({ start: at, end });
      }
      expect([...nonZeroRuns(bytes, unit)]).toEqual(expected);
    }),
  );
});

test('a view names the structure and the offset of what lies outside it', () => {
  const view = new ByteView(new Uint8Array(16), 'GPT header', 512);
  const attempts = [() => view.u32le(13), () => view.u8(-1), () => view.slice(10, 7), () => view.u64le(Number.NaN)];
  for (const attempt of attempts) {
    let caught: unknown;
    try {
      attempt();
    } catch (error) {
      caught = error;
    }
    if (!isFormatError(caught)) throw new Error(`not a format error: ${String(caught)}`);
    expect(caught.code).toBe('corrupt');
    expect(caught.message).toContain('GPT header');
    expect(caught.offset).toBe(512);
  }
});

test('a 64-bit number that is not a safe integer is corrupt, not rounded', () => {
  const view = new ByteView(new Uint8Array(8).fill(255), 'field');
  expect(() => view.u64le(0)).toThrow(/out of range/u);
});
