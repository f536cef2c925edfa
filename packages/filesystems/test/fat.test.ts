import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fatVolume, type FatShape } from './fat-volume.js';
import { read, survives } from './memory.js';

const shapes: readonly (readonly [string, FatShape])[] = [
  ['fat12', { bits: 12, clusters: 341, sectorsPerCluster: 2 }],
  ['fat12', { bits: 12, clusters: 4084, sectorsPerCluster: 1 }],
  ['fat16', { bits: 16, clusters: 4085, sectorsPerCluster: 1 }],
  ['fat16', { bits: 16, clusters: 5000, sectorsPerCluster: 4, fats: 1 }],
  ['fat32', { bits: 32, clusters: 300, sectorsPerCluster: 1 }],
  ['fat32', { bits: 32, clusters: 66_000, sectorsPerCluster: 2 }],
];

test.each(shapes)('%s %j: the map is what the table says', async (type, shape) => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 3, max: shape.clusters + 1 })), async (used) => {
      const { bytes, setEntry, dataOffset } = fatVolume(shape);
      for (const cluster of used) setEntry(cluster, 0xfff);
      const found = await read(bytes);
      expect(found).toMatchObject({ type, id: '1A2B-3C4D', label: undefined, state: 'clean', noMapReason: undefined });
      const unit = shape.sectorsPerCluster * 512;
      const usedClusters = new Set(shape.bits === 32 ? [2, ...used] : used);
      const tail = bytes.length - dataOffset - shape.clusters * unit;
      expect(found?.allocated?.size).toBe(dataOffset + usedClusters.size * unit + tail);
      expect(found?.allocated?.covers(0, dataOffset)).toBe(true);
      expect(found?.allocated?.covers(bytes.length - tail, bytes.length)).toBe(true);
      for (const cluster of usedClusters) {
        const start = dataOffset + (cluster - 2) * unit;
        expect(found?.allocated?.covers(start, start + unit)).toBe(true);
      }
    }),
    { numRuns: 20 },
  );
});

test('mirrored tables that differ: what either says is kept; without mirroring the active one counts', async () => {
  const { bytes, view, setEntry, dataOffset } = fatVolume({ bits: 32, clusters: 300, sectorsPerCluster: 1 });
  setEntry(10, 0xfff, 0);
  setEntry(20, 0xfff, 1);
  const has = async (cluster: number) => (await read(bytes))?.allocated?.has(dataOffset + (cluster - 2) * 512);
  expect([await has(10), await has(20)]).toEqual([true, true]);
  view.setUint16(40, 0x81, true);
  expect([await has(10), await has(20)]).toEqual([false, true]);
  view.setUint16(40, 0x85, true);
  expect((await read(bytes))?.noMapReason).toContain('copy 5 is active');
});

test('the reserved bits of FAT32 do not make a cluster used', async () => {
  const { bytes, setEntry, dataOffset } = fatVolume({ bits: 32, clusters: 300, sectorsPerCluster: 1 });
  setEntry(10, 0xf0000000);
  expect((await read(bytes))?.allocated?.has(dataOffset + 8 * 512)).toBe(false);
});

test('an entry that looks like the magic of ext is an entry', async () => {
  const { bytes, setEntry } = fatVolume({ bits: 16, clusters: 65_000, sectorsPerCluster: 1 });
  setEntry(284, 0xef53);
  setEntry(252, 500);
  expect(bytes.slice(1080, 1082)).toEqual(Uint8Array.of(0x53, 0xef));
  expect(await read(bytes)).toMatchObject({ type: 'fat16', state: 'clean', noMapReason: undefined });
});

test('states', async () => {
  for (const [bits, top, stateByte] of [
    [16, 0x8000, 37],
    [32, 0x08000000, 65],
  ] as const) {
    const clusters = bits === 16 ? 5000 : 300;
    const ones = bits === 16 ? 0xffff : 0x0fffffff;
    const { bytes, setEntry } = fatVolume({ bits, clusters, sectorsPerCluster: 1 });
    const stateReason = async () => (await read(bytes))?.stateReason;
    expect(await stateReason()).toBeUndefined();
    setEntry(1, ones ^ top);
    expect(await stateReason()).toBe('dirty bit set in the FAT');
    setEntry(1, ones ^ (top >>> 1));
    expect(await stateReason()).toBe('disk errors noted in the FAT');
    bytes[stateByte] = 1;
    expect(await stateReason()).toBe('dirty bit set in the boot sector');
    bytes[stateByte] = 2;
    expect(await stateReason()).toBe('surface test asked for in the boot sector');
  }
});

test('the label in the root directory, past deleted entries and long names, round a chain', async () => {
  const { bytes, setEntry, dataOffset } = fatVolume({ bits: 32, clusters: 300, sectorsPerCluster: 1 });
  setEntry(2, 7);
  setEntry(7, 2); // a circle: to be given up, not followed for ever
  for (const cluster of [2, 7]) {
    for (let i = 0; i < 16; i += 1) {
      const at = dataOffset + (cluster - 2) * 512 + i * 32;
      bytes.set([i % 2 === 0 ? 0xe5 : 0x41], at);
      bytes[at + 11] = i % 2 === 0 ? 0x08 : 0x0f;
    }
  }
  expect((await read(bytes))?.label).toBeUndefined();
  bytes.set(new TextEncoder().encode('\u0005MY DISK    '.slice(0, 11)), dataOffset + 5 * 512 + 480);
  bytes[dataOffset + 5 * 512 + 480 + 11] = 0x08;
  expect((await read(bytes))?.label).toBe('\u00e5MY DISK');
});

test('a table too short for the clusters gives no map', async () => {
  const { bytes, view } = fatVolume({ bits: 16, clusters: 5000, sectorsPerCluster: 1, fats: 1 });
  view.setUint16(22, 2, true);
  expect((await read(bytes))?.noMapReason).toContain('no entry for cluster');
});

test('flipped bits in the boot sector and the table', async () => {
  const good = [12, 16, 32].map((bits) =>
    fatVolume({
      bits: bits === 12 ? 12 : bits === 16 ? 16 : 32,
      clusters: bits === 16 ? 4200 : 300,
      sectorsPerCluster: 1,
    }),
  );
  const flip = fc.tuple(fc.constantFrom(0, 32 * 512), fc.nat(90), fc.nat(7));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...good),
      fc.array(flip, { minLength: 1, maxLength: 4 }),
      async (volume, flips) => {
        const bytes = volume.bytes.slice();
        for (const [base, at, bit] of flips) bytes[base + at] = (bytes[base + at] ?? 0) ^ (1 << bit);
        await survives(bytes);
      },
    ),
    { numRuns: 800 },
  );
});
