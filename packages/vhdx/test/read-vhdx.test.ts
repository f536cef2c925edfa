import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isFormatError } from '@sysimage/bytes';
import { crc32c } from '../src/crc32c.js';
import {
  allocatedExtents,
  blockDataOffset,
  openVhdxReader,
  readVhdx,
  slotDataOffset,
  vhdxLayout,
  type VhdxPiece,
} from '../src/index.js';
import { makeDifferencing } from './make-differencing.js';
import { identity, makeVhdx, noise, readPieces } from './make-vhdx.js';

const mebi = 2 ** 20;
const block = 2 * mebi;
const shape = { size: 5 * mebi, sectorSize: 512 };

test('what was encoded is read back', async () => {
  const disks = fc.record({
    sectorSize: fc.constantFrom(512, 4096),
    sectors: fc.integer({ min: 1, max: 4 * 512 }),
    slots: fc.uniqueArray(fc.nat(9), { minLength: 4, maxLength: 4 }),
    present: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(disks, async ({ sectorSize, sectors, slots, present }) => {
      const disk = { size: sectors * sectorSize, sectorSize };
      const layout = vhdxLayout(disk);
      const held = present
        .slice(0, layout.blockCount)
        .flatMap((there, number): [number, Uint8Array][] => (there ? [[number, noise(number, block)]] : []));
      const { pieces, size } = makeVhdx(disk, held, slots);
      const vhdx = await readVhdx(readPieces(pieces), size);
      expect(vhdx).toMatchObject({
        type: 'dynamic',
        diskSize: disk.size,
        sectorSize,
        physicalSectorSize: 4096,
        creator: 'sysimage',
        problems: [],
      });
      expect(vhdx.identity).toEqual({ ...identity, sequenceNumber: 8 });
      expect(vhdx.layout).toEqual(layout);
      const expected = Buffer.alloc(layout.blockCount * block);
      held.forEach(([number, payload], index) => {
        expected.set(payload, number * block);
        expect(blockDataOffset(vhdx, number)).toBe(slotDataOffset(layout, slots[index] ?? 0));
      });
      expect(allocatedExtents(vhdx).size).toBe(
        held.reduce((sum, [number]) => sum + Math.min(block, disk.size - number * block), 0),
      );
      const reader = openVhdxReader(readPieces(pieces), vhdx);
      const at = Math.floor(disk.size / 3);
      for (const [start, end] of [
        [0, disk.size],
        [at, disk.size - 1],
        [at, at],
      ] as const) {
        const bytes = await reader.read(start, Math.max(end - start, 0));
        expect(expected.subarray(start, Math.max(start, end)).equals(bytes)).toBe(true);
      }
    }),
    { numRuns: 20 },
  );
}, 60_000);

const { pieces: sound, size } = makeVhdx(
  shape,
  [
    [0, noise(1, block)],
    [2, noise(2, block)],
  ],
  [1, 0],
);

/** The sound file with some bytes changed and all checksums right again. */
async function changed(...changes: readonly (readonly [number, Uint8Array])[]): Promise<readonly VhdxPiece[]> {
  const pieces = [...sound, ...changes.map(([offset, bytes]) => ({ offset, bytes }))];
  for (const [offset, length] of [
    [64, 4],
    [128, 4],
    [192, 64],
    [256, 64],
  ] as const) {
    const bytes = (await readPieces(pieces)(offset * 1024, length * 1024)).slice();
    if (bytes.every((byte) => byte === 0)) continue;
    new DataView(bytes.buffer).setUint32(4, crc32c(bytes, 4), true);
    pieces.push({ offset: offset * 1024, bytes });
  }
  return pieces;
}

async function codeOf(pieces: readonly VhdxPiece[], fileSize = size): Promise<string> {
  try {
    await readVhdx(readPieces(pieces), fileSize);
    return 'read';
  } catch (error) {
    if (isFormatError(error)) return error.code;
    throw error;
  }
}

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const both = (offset: number, bytes: Uint8Array) =>
  [
    [offset, bytes],
    [offset + 64 * 1024, bytes],
  ] as const;
const tableEntry = (place: number, state: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(place) << 20n) | BigInt(state), true);
  return bytes;
};
const header = 64 * 1024;
const regions = 192 * 1024;
const items = 2 * mebi + 64 * 1024;
const table = 3 * mebi;

test.each([
  ['a broken header', [[header + 8, u32(99)]], 'one header is broken'],
  ['a broken region table', [[regions + 8, u32(99)]], 'its copy is used'],
] as const)('%s is read around, and said', async (_, changes, problem) => {
  const pieces = [...sound, ...changes.map(([offset, bytes]) => ({ offset, bytes }))];
  const vhdx = await readVhdx(readPieces(pieces), size);
  expect(vhdx.problems).toEqual([expect.stringContaining(problem)]);
  expect(vhdx.identity.sequenceNumber).toBe(8);
});

test('the header with the larger number counts', async () => {
  const pieces = await changed([header + 8, u32(9)], [header + 32, new Uint8Array(16).fill(5)]);
  expect((await readVhdx(readPieces(pieces), size)).identity).toMatchObject({
    sequenceNumber: 9,
    dataWriteId: new Uint8Array(16).fill(5),
  });
});

test.each([
  ['nothing changed', [], 'read'],
  ['no signature', [[0, u32(0)]], 'corrupt'],
  ['no header', both(header, new Uint8Array(4096)), 'corrupt'],
  ['another version', both(header + 66, Uint8Array.of(2)), 'unsupported'],
  ['a log at no MiB', both(header + 72, Uint8Array.of(1)), 'corrupt'],
  ['a log that is named and not there', both(header + 48, Uint8Array.of(1)), 'corrupt'],
  ['a log of another version', both(header + 48, Uint8Array.of(1, ...new Uint8Array(15), 1)), 'unsupported'],
  ['no region table', both(regions, new Uint8Array(65536)), 'corrupt'],
  ['too many regions', both(regions + 8, u32(2048)), 'corrupt'],
  ['a region missing', both(regions + 8, u32(1)), 'corrupt'],
  [
    'a region twice',
    both(
      regions + 8,
      Uint8Array.of(
        3,
        ...new Uint8Array(71),
        0x66,
        0x77,
        0xc2,
        0x2d,
        0x23,
        0xf6,
        0,
        0x42,
        0x9d,
        0x64,
        0x11,
        0x5e,
        0x9b,
        0xfd,
        0x4a,
        8,
      ),
    ),
    'corrupt',
  ],
  ['a region that must be known', both(regions + 16, Uint8Array.of(0)), 'unsupported'],
  ['a region behind the file', both(regions + 32 + 3, Uint8Array.of(1)), 'corrupt'],
  ['a region at no MiB', both(regions + 32, Uint8Array.of(1)), 'corrupt'],
  ['no metadata', [[2 * mebi, u32(0)]], 'corrupt'],
  ['an item that must be known', [[2 * mebi + 32, u32(0)]], 'unsupported'],
  ['an item that need not be known', [[2 * mebi + 32 * 5, Uint8Array.of(...new Uint8Array(24), 0)]], 'read'],
  ['an item behind the region', [[2 * mebi + 32 + 16, u32(mebi)]], 'corrupt'],
  ['an item in the table', [[2 * mebi + 32 + 16, u32(4096)]], 'corrupt'],
  ['an item missing', [[2 * mebi + 10, Uint8Array.of(3)]], 'corrupt'],
  ['a short item', [[2 * mebi + 32 + 20, u32(3)]], 'corrupt'],
  ['blocks of no power of two', [[items, u32(3 * mebi)]], 'corrupt'],
  ['blocks of 512 KiB', [[items, u32(mebi / 2)]], 'corrupt'],
  ['blocks of 1 MiB', [[items, u32(mebi)]], 'read'],
  ['sectors of 520 bytes', [[items + 32, u32(520)]], 'corrupt'],
  ['a disk of no whole sectors', [[items + 8, u32(513)]], 'corrupt'],
  ['a disk with more blocks than entries', [[items + 8, Uint8Array.of(0, 0, 0, 0, 0, 1)]], 'corrupt'],
  ['a disk of 65 TiB', [[items + 8, Uint8Array.of(0, 0, 0, 0, 0, 0x41)]], 'corrupt'],
  ['a parent that is not named', [[items + 4, u32(2)]], 'corrupt'],
  ['a block in state 4', [[table + 8, tableEntry(0, 4)]], 'corrupt'],
  ['a partial block without a parent', [[table + 8, tableEntry(8, 7)]], 'corrupt'],
  ['a block that is zero', [[table + 8, tableEntry(0, 2)]], 'read'],
  ['a block that was unmapped and keeps its place', [[table + 8, tableEntry(8, 3)]], 'read'],
  ['a block at the start', [[table + 8, tableEntry(0, 6)]], 'corrupt'],
  ['a block over the log', [[table + 8, tableEntry(1, 6)]], 'corrupt'],
  ['a block over the table', [[table + 8, tableEntry(2, 6)]], 'corrupt'],
  ['a block over another', [[table + 8, tableEntry(5, 6)]], 'corrupt'],
  ['a block where another is', [[table + 8, tableEntry(4, 6)]], 'corrupt'],
  ['a block behind the file', [[table + 8, tableEntry(8, 6)]], 'corrupt'],
  ['a block far behind the file', [[table + 8, tableEntry(2 ** 40, 6)]], 'corrupt'],
] as const)('%s', async (_, changes, expected) => {
  expect(await codeOf(await changed(...changes))).toBe(expected);
});

test('the last block may end with the disk', async () => {
  const last = makeVhdx(shape, [
    [0, noise(1, block)],
    [2, noise(2, block)],
  ]);
  expect(await codeOf(last.pieces, last.size - mebi)).toBe('read');
  expect(await codeOf(last.pieces, last.size - mebi - 512)).toBe('corrupt');
  for (const wrong of [0, mebi - 1, Number.NaN]) expect(await codeOf(sound, wrong)).toBe('corrupt');
});

test('a file that another program changed is not ours to change', async () => {
  const moved = await changed([table + 8, tableEntry(9, 6)]);
  expect((await readVhdx(readPieces(moved), size + 3 * mebi)).layout).toBeUndefined();
  const renamed = await changed([8, Buffer.from('else', 'utf16le')]);
  expect(await readVhdx(readPieces(renamed), size)).toMatchObject({ creator: 'elsemage', layout: undefined });
});

test('a disk has an end', async () => {
  const vhdx = await readVhdx(readPieces(sound), size);
  const reader = openVhdxReader(readPieces(sound), vhdx);
  await expect(reader.read(5 * mebi - 1, 2)).rejects.toThrow(RangeError);
  await expect(reader.read(-1, 1)).rejects.toThrow(RangeError);
  await expect(reader.read(0, 0.5)).rejects.toThrow(RangeError);
  expect(() => blockDataOffset(vhdx, 3)).toThrow(RangeError);
});

test('a differencing file is read with its parent, and with no other', async () => {
  const child = makeDifferencing(
    shape,
    [{ block: 1, payload: noise(7, block), sectors: [1] }],
    identity.dataWriteId,
    'p',
    noise(9, 16),
  );
  const vhdx = await readVhdx(readPieces(child.pieces), child.size);
  const parent = await readVhdx(readPieces(sound), size);
  const reader = openVhdxReader(readPieces(sound), parent);
  const disk = openVhdxReader(readPieces(child.pieces), vhdx, { vhdx: parent, reader });
  expect(Buffer.compare(await disk.read(512, 512), noise(1, 1024).subarray(512))).toBe(0);
  expect(Buffer.compare(await disk.read(block + 600, 300), noise(7, 1024).subarray(600, 900))).toBe(0);
  expect((await disk.read(block + 1024, 512)).every((byte) => byte === 0)).toBe(true);
  expect(() => openVhdxReader(readPieces(child.pieces), vhdx)).toThrow(RangeError);
  const stranger = { ...parent, identity: { ...parent.identity, dataWriteId: noise(3, 16) } };
  expect(() => openVhdxReader(readPieces(child.pieces), vhdx, { vhdx: stranger, reader })).toThrow(/not the parent/u);
  const small = { ...parent, diskSize: 700 };
  const bytes = await openVhdxReader(readPieces(child.pieces), vhdx, { vhdx: small, reader }).read(0, 1024);
  expect(Buffer.compare(bytes.subarray(0, 700), noise(1, 700))).toBe(0);
  expect(bytes.subarray(700).every((byte) => byte === 0)).toBe(true);
});
