import { crc32 as reference } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteView, crc32, isFormatError, isZero } from '../src/index.js';

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
