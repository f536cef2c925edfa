import { expect, test } from '@jest/globals';
import { FormatError } from '@sysimage/bytes';
import fc from 'fast-check';
import { read, readerOf, survives, unitsOf } from './memory.js';
import { clusterCount, clusterSize, ntfsVolume, restartPages, systemClusters } from './ntfs-volume.js';
import { readFileSystem } from '../src/index.js';

const tail = [clusterCount, clusterCount + 0.5] as const;

test('reads through a $MFT in pieces, found by an attribute list', async () => {
  const found = await read(ntfsVolume());
  expect(found).toMatchObject({
    type: 'ntfs',
    label: 'Data',
    id: '0A1B2C3D4E5F6071',
    state: 'clean',
    stateReason: undefined,
    unitSize: clusterSize,
    size: clusterCount * clusterSize,
    noMapReason: undefined,
  });
  expect(found && unitsOf(found, clusterSize)).toEqual([...systemClusters, tail]);
});

test('the map is what the bitmap says, and the fixed places', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(clusterCount - 1)), async (used) => {
      const found = await read(ntfsVolume({ used }));
      for (let cluster = 0; cluster < clusterCount; cluster += 1) {
        const isUsed =
          used.includes(cluster) || systemClusters.some(([first, end]) => cluster >= first && cluster < end);
        expect(found?.allocated?.covers(cluster * clusterSize, (cluster + 1) * clusterSize)).toBe(isUsed);
        expect(found?.allocated?.touches(cluster * clusterSize, (cluster + 1) * clusterSize)).toBe(isUsed);
      }
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['dirty flag', { volumeFlags: 1 }, 'unclean', 'dirty bit set'],
  ['other flags', { volumeFlags: 0x80 }, 'clean', undefined],
  ['hibernation', { hibernation: 'HIBR' }, 'unclean', 'hibernated'],
  ['hibernation over', { hibernation: 'WAKE' }, 'clean', undefined],
  ['log open', { log: restartPages({ sequence: 1, clients: 0, flags: 0 }) }, 'unclean', '$LogFile needs recovery'],
  ['log closed', { log: restartPages({ sequence: 1, clients: 0, flags: 2 }) }, 'clean', undefined],
  ['log without clients', { log: restartPages({ sequence: 1, clients: 0xffff, flags: 0 }) }, 'clean', undefined],
  [
    'newer restart page open',
    { log: restartPages({ sequence: 1, clients: 0, flags: 2 }, { sequence: 2, clients: 0, flags: 0 }) },
    'unclean',
    '$LogFile needs recovery',
  ],
  [
    'older restart page open',
    { log: restartPages({ sequence: 9, clients: 0, flags: 2 }, { sequence: 2, clients: 0, flags: 0 }) },
    'clean',
    undefined,
  ],
  ['log of zeros', { log: new Uint8Array(8192) }, 'unclean', '$LogFile needs recovery'],
  ['log of chkdsk', { log: new TextEncoder().encode('CHKD') }, 'clean', undefined],
] as const)('state: %s', async (_name, options, state, stateReason) => {
  const found = await read(ntfsVolume(options));
  expect(found).toMatchObject({ state, stateReason });
  expect(found?.allocated).toBeDefined();
});

test.each([
  [[1, 1], false],
  [[1, 2], false],
  [[3, 0], true],
  [[3, 1], true],
] as const)('version %j knows holes: %s', async (version, canHaveHoles) => {
  expect(await read(ntfsVolume({ version }))).toMatchObject({ state: 'clean', canHaveHoles });
});

test('of several reasons the gravest is told', async () => {
  const log = restartPages({ sequence: 1, clients: 0, flags: 0 });
  expect(await read(ntfsVolume({ volumeFlags: 1, log }))).toMatchObject({ stateReason: '$LogFile needs recovery' });
});

test('who wants no map gets all the rest', async () => {
  const bytes = ntfsVolume();
  const whole = await read(bytes);
  const found = await readFileSystem(readerOf(bytes), { size: bytes.length, map: false });
  expect(found).toEqual({ ...whole, allocated: undefined, noMapReason: 'nobody asked for it', optional: [] });
});

test('a bitmap that cannot be true gives no map', async () => {
  const unmarked = ntfsVolume();
  unmarked[100 * clusterSize + 5] = 0x0e; // $MFT's second piece begins at cluster 40
  expect(await read(unmarked)).toMatchObject({
    allocated: undefined,
    noMapReason: expect.stringContaining('cluster 40 of a system file is not marked'),
  });
  const outside = ntfsVolume({ bitmapRuns: [{ cluster: 255, count: 2 }] });
  expect((await read(outside))?.noMapReason).toContain('run at cluster 255');
});

test('a record written in part, or not in use, gives no map', async () => {
  for (const [offset, reason] of [
    [16 * clusterSize + 510, 'was written in part'],
    [16 * clusterSize, 'no FILE record'],
    [22 * clusterSize + 22, 'is not in use'],
    [42 * clusterSize + 64 + 16, 'does not hold the part'],
  ] as const) {
    const bytes = ntfsVolume();
    bytes[offset] = (bytes[offset] ?? 0) ^ 1;
    expect((await read(bytes))?.noMapReason).toContain(reason);
  }
});

test('larger than the volume; a tail of a larger partition is kept', async () => {
  const bytes = ntfsVolume();
  expect(await read(bytes.subarray(0, clusterCount * clusterSize - 512))).toMatchObject({
    state: 'unknown',
    noMapReason: 'it claims to be larger than the volume',
  });
  const grown = new Uint8Array(bytes.length + 10_000);
  grown.set(bytes);
  expect((await read(grown))?.allocated?.covers(clusterCount * clusterSize, grown.length)).toBe(true);
});

test('errors of the reader pass through, format errors of a device below too', async () => {
  const bytes = ntfsVolume();
  for (const error of [new TypeError('EIO'), new FormatError('corrupt', 'an image below')]) {
    for (const cluster of [16, 42, 100]) {
      const failing = async (offset: number, length: number) => {
        if (offset >= cluster * clusterSize && offset < (cluster + 1) * clusterSize) throw error;
        return readerOf(bytes)(offset, length);
      };
      // The head is read in one go, so fail only what comes after it.
      await expect(readFileSystem(failing, { size: bytes.length })).rejects.toBe(error);
    }
  }
});

test('flipped bits', async () => {
  const places = [0, 16, 18, 19, 21, 22, 40, 42, 62, 100].map((cluster) => cluster * clusterSize);
  const flip = fc.tuple(fc.constantFrom(...places), fc.nat(160), fc.nat(7));
  const good = ntfsVolume({ log: restartPages({ sequence: 1, clients: 0, flags: 2 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
      const bytes = good.slice();
      for (const [base, at, bit] of flips) bytes[base + at] = (bytes[base + at] ?? 0) ^ (1 << bit);
      await survives(bytes);
    }),
    { numRuns: 1000 },
  );
});
