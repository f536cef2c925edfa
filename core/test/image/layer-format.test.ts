import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  batchTableSize,
  decodeBatch,
  decodeEndMark,
  decodeIndex,
  decodeLayerHeader,
  encodeBatch,
  encodeEndMark,
  encodeIndex,
  encodeLayerHeader,
  endMarkSize,
  layerAlignment,
  layerHeaderSize,
  type LayerItem,
} from '../../src/image/layer-format.js';
import { flipped, refusesOrReturns } from '../hostile.js';
import { hasher } from '../hasher.js';
import { versionId } from '../records.js';

const run = versionId(2);
const header = { diskSize: 2040 * 1024 ** 3, base: versionId(1), run, imageLength: 123_456_789_012 };
const item: fc.Arbitrary<LayerItem> = fc.record({
  kind: fc.constantFrom<LayerItem['kind']>('data', 'zero', 'file'),
  position: fc.maxSafeNat(),
  length: fc.nat(100_000),
  digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
});
const aligned = fc.nat(1_000_000).map((pages) => pages * layerAlignment);

test('a header comes back, and no damage to it passes', async () => {
  const bytes = encodeLayerHeader(header, hasher);
  expect(bytes).toHaveLength(layerHeaderSize);
  expect(decodeLayerHeader(bytes, hasher, 'layer')).toEqual(header);
  const decode = (damaged: Uint8Array) => refusesOrReturns(() => decodeLayerHeader(damaged, hasher, 'layer'));
  for (let bit = 0; bit < bytes.length * 8; bit += bit < 1024 ? 1 : 61) {
    expect(await decode(flipped(bytes, bit))).toBeUndefined();
  }
  for (let length = 0; length < bytes.length; length += 31) {
    expect(await decode(bytes.subarray(0, length))).toBeUndefined();
  }
});

test('a batch comes back, head and table in whole pages, payload behind', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 200 }), fc.nat(1000), aligned, (items, seq, offset) => {
      const { head, payloadOffset, end } = encodeBatch({ seq, run, items }, offset, hasher);
      const payload = items.reduce((sum, { length }) => sum + length, 0);
      expect(head).toHaveLength(payloadOffset - offset);
      expect([payloadOffset % layerAlignment, end % layerAlignment]).toEqual([0, 0]);
      expect(end).toBeGreaterThan(offset);
      expect(end - payloadOffset).toBeGreaterThanOrEqual(payload);
      expect(end - payloadOffset - payload).toBeLessThan(layerAlignment);
      expect(batchTableSize(head)).toBeLessThanOrEqual(head.length);
      expect(decodeBatch(head, offset, { seq, run }, hasher)).toEqual({ seq, items, payloadOffset, end });
      expect(decodeBatch(head, offset, { seq: seq + 1, run }, hasher)).toBeUndefined();
      expect(decodeBatch(head, offset, { seq, run: header.base }, hasher)).toBeUndefined();
    }),
  );
});

test('no damage to head or table of a batch passes', async () => {
  const items = fc.sample(item, { seed: 1, numRuns: 3 });
  const { head } = encodeBatch({ seq: 7, run, items }, 8192, hasher);
  const size = batchTableSize(head) ?? 0;
  const decode = (bytes: Uint8Array) => refusesOrReturns(() => decodeBatch(bytes, 8192, { seq: 7, run }, hasher));
  for (let bit = 0; bit < size * 8; bit += 1) expect(await decode(flipped(head, bit))).toBeUndefined();
  for (let length = 0; length < size; length += 1) expect(await decode(head.subarray(0, length))).toBeUndefined();
  expect(await decode(flipped(head, size * 8))).toBeDefined();
});

test('a batch holds 65536 entries at most, and none that claims more is believed', () => {
  const zero: LayerItem = { kind: 'zero', position: 0, length: 0, digest: new Uint8Array(32) };
  const items = Array.from({ length: 65_536 }, () => zero);
  const { head } = encodeBatch({ seq: 0, run, items }, 0, hasher);
  expect(decodeBatch(head, 0, { seq: 0, run }, hasher)?.items).toHaveLength(65_536);
  expect(() => encodeBatch({ seq: 0, run, items: [...items, zero] }, 0, hasher)).toThrow(RangeError);
  new DataView(head.buffer).setUint32(12, 65_537, true);
  expect(batchTableSize(head)).toBeUndefined();
  new DataView(head.buffer).setUint32(12, 0xffff_ffff, true);
  expect(batchTableSize(head)).toBeUndefined();
});

const places = fc
  .uniqueArray(fc.tuple(fc.nat(0xffff_ffff), fc.maxSafeNat()), { selector: ([grain]) => grain, maxLength: 60 })
  .map((all) => all.toSorted(([a], [b]) => a - b))
  .map((all) => ({
    grains: Uint32Array.from(all, ([grain]) => grain),
    offsets: Float64Array.from(all, ([, offset]) => offset),
  }));

test('an index comes back; unsorted, cut or foreign ones are refused', async () => {
  await fc.assert(
    fc.asyncProperty(places, async (index) => {
      const bytes = encodeIndex(index, run);
      expect(decodeIndex(bytes, run, 4096, 'layer')).toEqual(index);
      const refused = async (other: Uint8Array, name = run) =>
        expect(await refusesOrReturns(() => decodeIndex(other, name, 4096, 'layer'))).toBeUndefined();
      await refused(bytes, header.base);
      await refused(bytes.subarray(0, bytes.length - 1));
      await refused(new Uint8Array([...bytes, 0]));
      await refused(bytes.subarray(0, 7));
      if (index.grains.length < 2) return;
      const reversed = { grains: index.grains.toReversed(), offsets: index.offsets };
      await refused(encodeIndex(reversed, run));
    }),
  );
});

test('an end mark comes back; without its magic there is none; nothing else is thrown', async () => {
  const index = encodeIndex({ grains: Uint32Array.of(1), offsets: Float64Array.of(4096) }, run);
  const bytes = encodeEndMark(8192, index, hasher);
  expect(bytes).toHaveLength(endMarkSize);
  expect(decodeEndMark(bytes)).toEqual({
    indexOffset: 8192,
    indexLength: index.length,
    digest: hasher.digest(index),
  });
  for (let bit = 0; bit < 64; bit += 1) expect(decodeEndMark(flipped(bytes, bit))).toBeUndefined();
  for (let bit = 64; bit < 512; bit += 1) await refusesOrReturns(() => decodeEndMark(flipped(bytes, bit)));
});

test('random bytes are no part of a layer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
      expect(await refusesOrReturns(() => decodeLayerHeader(bytes, hasher, 'layer'))).toBeUndefined();
      expect(await refusesOrReturns(() => decodeBatch(bytes, 0, { seq: 0, run }, hasher))).toBeUndefined();
      expect(await refusesOrReturns(() => decodeIndex(bytes, run, 0, 'layer'))).toBeUndefined();
      expect(await refusesOrReturns(() => decodeEndMark(bytes))).toBeUndefined();
    }),
  );
});
