import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from '../src/crc32c.js';
import { flattenPatches } from '../src/flatten-patches.js';
import { openVhdxReader, readVhdx, type VhdxPiece } from '../src/index.js';
import { encodeLogEntry, logPieces, type MadeEntry } from './make-log.js';
import { makeVhdx, noise, readPieces } from './make-vhdx.js';

const mebi = 2 ** 20;
const made = makeVhdx({ size: 5 * mebi, sectorSize: 512 }, [[0, noise(1, 2 * mebi)]]);
const payload = 4 * mebi;
const fileSize = made.size;

const entry = (sequenceNumber: number, tail: number, more: Partial<MadeEntry> = {}): Uint8Array =>
  encodeLogEntry({ sequenceNumber, tail, changes: [], fileSize, ...more });
const openWith = async (entries: readonly (readonly [number, Uint8Array])[], more: readonly VhdxPiece[] = []) => {
  const read = readPieces([...made.pieces, ...logPieces(entries), ...more]);
  const vhdx = await readVhdx(read, fileSize);
  return { vhdx, disk: openVhdxReader(read, vhdx) };
};

test('what a log changes is seen, later changes over earlier ones', async () => {
  const first = noise(50, 4096);
  const second = noise(51, 4096);
  const { vhdx, disk } = await openWith([
    [
      0,
      entry(3, 0, {
        changes: [
          { at: payload, bytes: first },
          { at: payload + 4096, bytes: first },
        ],
      }),
    ],
    [
      12288,
      entry(4, 0, {
        changes: [
          { at: payload + 4096, bytes: second },
          { at: payload + 8192, zeros: 4096 },
        ],
      }),
    ],
  ]);
  expect(vhdx.problems).toEqual([expect.stringContaining('log is replayed')]);
  expect(vhdx.layout).toBeUndefined();
  const bytes = await disk.read(0, 16384);
  expect(Buffer.compare(bytes.subarray(0, 4096), first)).toBe(0);
  expect(Buffer.compare(bytes.subarray(4096, 8192), second)).toBe(0);
  expect(bytes.subarray(8192, 12288).every((byte) => byte === 0)).toBe(true);
  expect(Buffer.compare(bytes.subarray(12288), noise(1, 16384).subarray(12288))).toBe(0);
});

test('a block that only the log puts into the table is read, and a file may grow', async () => {
  const table = Buffer.from(await readPieces(made.pieces)(3 * mebi, 4096));
  table.writeBigUInt64LE((BigInt(fileSize / mebi) << 20n) | 6n, 8);
  const grown = fileSize + 2 * mebi;
  const { vhdx, disk } = await openWith([
    [
      0,
      entry(1, 0, {
        changes: [
          { at: 3 * mebi, bytes: table },
          { at: fileSize + 4096, bytes: noise(8, 4096) },
        ],
        fileSize: grown,
        flushedSize: fileSize,
      }),
    ],
  ]);
  expect(vhdx.replay?.fileSize).toBe(grown);
  const bytes = await disk.read(2 * mebi, 8192);
  expect(bytes.subarray(0, 4096).every((byte) => byte === 0)).toBe(true);
  expect(Buffer.compare(bytes.subarray(4096), noise(8, 4096))).toBe(0);
});

test('a run of entries goes on at the start of the log', async () => {
  const changed = noise(60, 4096);
  const at = mebi - 8192;
  const { disk } = await openWith([
    [
      at,
      entry(8, at, {
        changes: [
          { at: payload, bytes: changed },
          { at: payload + 4096, bytes: changed },
        ],
      }),
    ],
    [4096, entry(9, at, { changes: [{ at: payload, bytes: noise(61, 4096) }] })],
  ]);
  const bytes = await disk.read(0, 8192);
  expect(Buffer.compare(bytes, Buffer.concat([noise(61, 4096), changed]))).toBe(0);
});

test('older runs, entries before the tail and broken ones do not count', async () => {
  const write = (seed: number) => ({ changes: [{ at: payload, bytes: noise(seed, 4096) }] });
  const broken = entry(7, 32768, write(77));
  broken[5000] = (broken[5000] ?? 0) ^ 1;
  const { disk } = await openWith([
    [0, entry(2, 0, write(72))],
    [16384, entry(4, 16384, { changes: [{ at: payload + 4096, bytes: noise(70, 4096) }] })],
    [24576, entry(5, 24576, write(75))],
    [32768, broken],
  ]);
  expect(Buffer.compare(await disk.read(0, 4096), noise(75, 4096))).toBe(0);
  expect(Buffer.compare(await disk.read(4096, 4096), noise(1, 8192).subarray(4096))).toBe(0);
});

test('patches end up side by side, the last one on top, however many lie over each other', () => {
  const patches = fc.array(
    fc.record({ start: fc.nat(40), length: fc.integer({ min: 1, max: 12 }), zeros: fc.boolean() }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(patches, (list) => {
      const expected = Array.from({ length: 60 }, () => -1);
      const given = list.map(({ start, length, zeros }, index) => {
        expected.fill(zeros ? 0 : index + 1, start, start + length);
        const bytes = zeros ? undefined : new Uint8Array(length).fill(index + 1);
        return { start, end: start + length, bytes };
      });
      const found = Array.from({ length: 60 }, () => -1);
      let free = 0;
      for (const { start, end, bytes } of flattenPatches(given)) {
        expect(start).toBeGreaterThanOrEqual(free);
        free = end;
        for (let at = start; at < end; at += 1) found[at] = bytes === undefined ? 0 : (bytes[at - start] ?? -2);
      }
      expect(found).toEqual(expected);
    }),
  );
  const everywhere = Array.from({ length: 100_000 }, (_, index) => ({
    start: index,
    end: 200_000 - index,
    bytes: undefined,
  }));
  expect(flattenPatches(everywhere)).toHaveLength(199_999);
});

test.each([
  ['its sector of data is of another entry', 4096 + 4092],
  ['a change is of another entry', 64 + 24],
  ['a change is of no known kind', 64],
  ['it names another log', 32],
])('an entry does not count when %s, though its checksum fits', async (_, at) => {
  const torn = entry(6, 0, { changes: [{ at: payload, bytes: noise(80, 4096) }] });
  torn[at] = (torn[at] ?? 0) ^ 1;
  new DataView(torn.buffer).setUint32(4, crc32c(torn, 4), true);
  await expect(openWith([[0, torn]])).rejects.toMatchObject({ code: 'corrupt' });
  const { disk } = await openWith([
    [0, torn],
    [16384, entry(2, 16384)],
  ]);
  expect(Buffer.compare(await disk.read(0, 4096), noise(1, 4096))).toBe(0);
});

test.each([
  ['without a whole entry', [[0, entry(1, 0).fill(0, 4, 8)]]],
  ['whose tail is nowhere', [[0, entry(1, 4096)]]],
  ['of a file that was longer', [[0, entry(1, 0, { flushedSize: fileSize + 4096, fileSize: fileSize + 4096 })]]],
  ['that changes what is behind the end', [[0, entry(1, 0, { changes: [{ at: fileSize, zeros: 4096 }] })]]],
  ['that changes no whole sectors', [[0, entry(1, 0, { changes: [{ at: 100, bytes: noise(1, 4096) }] })]]],
] as const)('a log %s is corrupt', async (_, entries) => {
  await expect(openWith(entries)).rejects.toMatchObject({ name: 'FormatError', code: 'corrupt' });
});
