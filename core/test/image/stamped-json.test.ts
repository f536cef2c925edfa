import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeStamped, encodeStamped } from '../../src/image/stamped-json.js';
import { flipped } from '../hostile.js';
import { hasher } from '../hasher.js';
import { versionId, versionRecord } from '../records.js';

const record = fc.dictionary(
  fc.string({ maxLength: 8 }).map((text) => `key ${text}`),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 6 },
);

test('what was stamped comes back, with its stamp', () => {
  fc.assert(
    fc.property(record, (value) => {
      const bytes = encodeStamped(value, hasher);
      const decoded = decodeStamped(bytes, hasher);
      const plain: unknown = JSON.parse(JSON.stringify(value));
      expect(decoded).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{64}$/u) });
      expect(decoded).toEqual({ digest: expect.any(String), ...Object(plain) });
      expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(decoded);
    }),
  );
});

test('a text of zeros, of dollars or of digests does not confuse the stamp', () => {
  for (const text of ['0'.repeat(64), '$&', '$1', `"digest": "${'0'.repeat(64)}"`, 'a'.repeat(64)]) {
    expect(decodeStamped(encodeStamped({ text }, hasher), hasher)).toMatchObject({ text });
  }
});

test('every flipped bit and every cut is noticed', () => {
  const bytes = encodeStamped({ ...versionRecord(versionId(1)), computer: 'Bürö 💻' }, hasher);
  for (let bit = 0; bit < bytes.length * 8; bit += 1)
    expect(decodeStamped(flipped(bytes, bit), hasher)).toBeUndefined();
  for (let length = 0; length < bytes.length; length += 1) {
    expect(decodeStamped(bytes.subarray(0, length), hasher)).toBeUndefined();
  }
  for (const more of [' ', '\n', '\0', '{}']) {
    const longer = new Uint8Array([...bytes, ...new TextEncoder().encode(more)]);
    expect(decodeStamped(longer, hasher)).toBeUndefined();
  }
  expect(decodeStamped(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes]), hasher)).toBeUndefined();
});

test('every other byte in any place is noticed', () => {
  const bytes = encodeStamped({ name: 'ä' }, hasher);
  for (let at = 0; at < bytes.length; at += 1) {
    for (let value = 0; value < 256; value += 1) {
      if (bytes[at] === value) continue;
      const copy = bytes.slice();
      copy[at] = value;
      expect(decodeStamped(copy, hasher)).toBeUndefined();
    }
  }
});

test('random bytes are no record', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(decodeStamped(bytes, hasher)).toBeUndefined();
    }),
  );
});

test('what would be too long to be read again is not written', () => {
  const much = { text: 'x'.repeat(64 * 1024 * 1024) };
  expect(() => encodeStamped(much, hasher)).toThrow(/more than anybody reads/u);
});
