import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isFormatError } from '@sysimage/bytes';
import {
  allocatedExtents,
  blockDataOffset,
  encodeFooter,
  openVhdReader,
  readVhd,
  slotBitmapOffset,
  slotDataOffset,
  unallocatedEntry,
  vhdBlockSize,
  vhdLayout,
} from '../src/index.js';
import { identity, makeVhd, noise, readPieces, type Piece } from './make-vhd.js';

const mebi = 1024 * 1024;

/** A disk of up to eight blocks, some allocated, their slots in any order and with holes. */
const disks = fc
  .record({
    sectors: fc.integer({ min: 1, max: (8 * vhdBlockSize) / 512 }),
    slots: fc.uniqueArray(fc.nat(11), { minLength: 8, maxLength: 8 }),
    present: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  })
  .map(({ sectors, slots, present }) => {
    const blockCount = Math.ceil((sectors * 512) / vhdBlockSize);
    const blocks = present
      .slice(0, blockCount)
      .flatMap((there, block): [number, Uint8Array][] => (there ? [[block, noise(block, vhdBlockSize)]] : []));
    return { diskSize: sectors * 512, blocks, slots };
  });

test('what was encoded is read back', async () => {
  await fc.assert(
    fc.asyncProperty(disks, async ({ diskSize, blocks, slots }) => {
      const { pieces, size } = makeVhd(diskSize, blocks, slots);
      const vhd = await readVhd(readPieces(pieces), size);
      expect(vhd).toMatchObject({ type: 'dynamic', diskSize, blockSize: vhdBlockSize, creator: 'sysi', problems: [] });
      expect(vhd.identity).toEqual(identity);
      expect(vhd.layout).toEqual(vhdLayout(diskSize));
      const held = new Map(blocks);
      for (let block = 0; block < vhd.table.length; block += 1) {
        const slot = slots[blocks.findIndex(([number]) => number === block)];
        const expected = slot === undefined ? undefined : slotDataOffset(vhdLayout(diskSize), slot);
        expect(blockDataOffset(vhd, block)).toBe(held.has(block) ? expected : undefined);
      }
      const disk = Buffer.alloc(vhd.table.length * vhdBlockSize);
      for (const [block, payload] of blocks) disk.set(payload, block * vhdBlockSize);
      const reader = openVhdReader(readPieces(pieces), vhd);
      const at = Math.floor(diskSize / 3);
      for (const [start, end] of [
        [0, diskSize],
        [at, diskSize - 1],
        [at, at],
      ] as const) {
        const bytes = await reader.read(start, Math.max(end - start, 0));
        expect(disk.subarray(start, Math.max(start, end)).equals(bytes)).toBe(true);
      }
      for (const { start, end } of allocatedExtents(vhd))
        expect(held.has(start / vhdBlockSize) && end <= diskSize).toBe(true);
    }),
    { numRuns: 30 },
  );
}, 60_000);

const { pieces: sound, size } = makeVhd(
  5 * mebi,
  [
    [0, noise(1, vhdBlockSize)],
    [2, noise(2, vhdBlockSize)],
  ],
  [1, 0],
);
const overwritten = (offset: number, bytes: Uint8Array): Piece[] => [...sound, { offset, bytes }];
/** Sets a big-endian field in the dynamic header and mends its checksum. */
async function withHeaderField(offset: number, value: number): Promise<Piece[]> {
  const header = Buffer.from(await readPieces(sound)(512, 1024));
  header.writeUInt32BE(value, offset);
  header.writeUInt32BE(0, 36);
  header.writeUInt32BE(~header.reduce((sum, byte) => sum + byte, 0) >>> 0, 36);
  return overwritten(512, header);
}
async function codeOf(pieces: readonly Piece[], fileSize = size): Promise<string> {
  try {
    await readVhd(readPieces(pieces), fileSize);
    return 'read';
  } catch (error) {
    if (isFormatError(error)) return error.code;
    throw error;
  }
}

test('a broken footer is replaced by its copy, and said', async () => {
  const vhd = await readVhd(readPieces(overwritten(size - 512, new Uint8Array(512))), size);
  expect(vhd.problems).toEqual([expect.stringContaining('its copy is used')]);
  const cut = await readVhd(readPieces(sound), size - 512);
  expect(cut.table).toEqual(vhd.table);
});

test('a broken or differing copy is said', async () => {
  const broken = await readVhd(readPieces(overwritten(0, new Uint8Array(512))), size);
  expect(broken.problems).toEqual([expect.stringContaining('the copy of the footer is broken')]);
  const other = makeVhd(6 * mebi, []).pieces.at(-1);
  const differing = await readVhd(readPieces(overwritten(0, other?.bytes ?? noise(1, 512))), size);
  expect(differing.problems).toEqual(['the footer and its copy differ']);
});

test('without any footer there is no VHD', async () => {
  expect(
    await codeOf([...overwritten(0, new Uint8Array(512)), { offset: size - 512, bytes: new Uint8Array(512) }]),
  ).toBe('corrupt');
  expect(await codeOf(sound, 0)).toBe('corrupt');
  expect(await codeOf(sound, 511)).toBe('corrupt');
  expect(await codeOf(sound, Number.NaN)).toBe('corrupt');
});

/** The sound file with a field of its footers changed. */
async function withFooterField(offset: number, value: number): Promise<Buffer> {
  const footer = Buffer.from(await readPieces(sound)(0, 512));
  footer.writeUInt8(value, offset);
  footer.writeUInt32BE(0, 64);
  footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64);
  return footer;
}

test('footers of 511 bytes, as old programs wrote them, are read', async () => {
  const bytes = await readPieces(sound)(size - 512, 511);
  const short = [...sound, { offset: size - 512, bytes: new Uint8Array(512) }, { offset: size - 512, bytes }];
  expect(await readVhd(readPieces(short), size - 1)).toMatchObject({ type: 'dynamic', problems: [] });
  const fixed = [{ offset: 1024, bytes: encodeFooter(1024, identity, 'fixed').subarray(0, 511) }];
  expect(await readVhd(readPieces(fixed), 1024 + 511)).toMatchObject({ type: 'fixed', diskSize: 1024 });
});

test('a type that does not exist is corrupt, a saved state is told, a geometry does not count', async () => {
  const untyped = await withFooterField(63, 5);
  expect(await codeOf([...overwritten(size - 512, untyped), { offset: 0, bytes: untyped }])).toBe('corrupt');
  const suspended = await readVhd(readPieces(overwritten(size - 512, await withFooterField(84, 1))), size);
  expect(suspended.savedState).toBe(true);
  const bent = await readVhd(readPieces(overwritten(size - 512, await withFooterField(57, 3))), size);
  expect(bent).toMatchObject({ diskSize: 5 * mebi, savedState: false });
});

test.each([
  ['a table behind the file', 20, 0x7fff_fe00, 'corrupt'],
  ['a table on no sector', 20, 1537, 'corrupt'],
  ['a table over the footer', 20, 0, 'corrupt'],
  ['too few entries', 28, 2, 'corrupt'],
  ['more entries than needed', 28, 5000, 'read'],
  ['blocks of no power of two', 32, 3 * 2 ** 20, 'corrupt'],
  ['blocks of nothing', 32, 0, 'corrupt'],
  ['blocks of a sector', 32, 512, 'unsupported'],
  ['blocks of 2 GiB', 32, 2 ** 31, 'unsupported'],
  ['another major version', 24, 0x0002_0000, 'unsupported'],
])('dynamic header: %s', async (_, offset, value, expected) => {
  expect(await codeOf(await withHeaderField(offset, value))).toBe(expected);
});

test.each([
  ['before the table ends', 3],
  ['at the end of the file', Math.floor(size / 512)],
  ['over another block', 15 + 4000],
  ['where another block is', 15],
  ['just beyond the addressable', unallocatedEntry - 1],
])('table: a block %s', async (_, sector) => {
  const entry = Buffer.alloc(4);
  entry.writeUInt32BE(sector);
  expect(await codeOf(overwritten(1536 + 4, entry))).toBe('corrupt');
});

test('a block in none of our slots makes the file a foreign one', async () => {
  const entry = Buffer.alloc(4);
  entry.writeUInt32BE(15 + 2 * 4104 + 1);
  const end = size + 3 * mebi;
  const footer = sound.at(-1)?.bytes ?? noise(1, 512);
  const vhd = await readVhd(readPieces([...overwritten(1536 + 4, entry), { offset: end - 512, bytes: footer }]), end);
  expect(vhd.layout).toBeUndefined();
  expect(vhd.creator).toBe('sysi');
});

test('sectors that a foreign bitmap leaves out are zeros, whatever lies there', async () => {
  const foreign = await withCreator('else');
  const bitmap = new Uint8Array(512).fill(0xff);
  bitmap.set([0b0111_1111, 0b0000_0001], 0);
  const changed = [...foreign, { offset: slotBitmapOffset(vhdLayout(5 * mebi), 1), bytes: bitmap }];
  const vhd = await readVhd(readPieces(changed), size);
  expect(vhd).toMatchObject({ creator: 'else', layout: undefined });
  const reader = openVhdReader(readPieces(changed), vhd);
  const expected = noise(1, vhdBlockSize);
  expected.fill(0, 0, 512);
  expected.fill(0, 8 * 512, 15 * 512);
  expect(Buffer.compare(await reader.read(0, vhdBlockSize), expected)).toBe(0);
  for (const [start, end] of [
    [100, 700],
    [7 * 512 + 1, 15 * 512 + 1],
    [9 * 512 + 5, 9 * 512 + 6],
  ] as const) {
    expect(Buffer.compare(await reader.read(start, end - start), expected.subarray(start, end))).toBe(0);
  }
});

/** The sound file, made by another program. */
async function withCreator(creator: string): Promise<Piece[]> {
  const footer = Buffer.from(await readPieces(sound)(0, 512));
  footer.write(creator, 28, 'latin1');
  footer.writeUInt32BE(0, 64);
  footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64);
  return [...sound, { offset: 0, bytes: footer }, { offset: size - 512, bytes: footer }];
}

test('a table behind the blocks is found, and no block may reach into it', async () => {
  const moved = await withHeaderField(20, size - 512);
  const table = await readPieces(sound)(1536, 512);
  const footer = await readPieces(sound)(0, 512);
  const whole = [...moved, { offset: size - 512, bytes: table }, { offset: size, bytes: footer }];
  const vhd = await readVhd(readPieces(whole), size + 512);
  expect(vhd).toMatchObject({ tableOffset: size - 512, layout: undefined, problems: [] });
  const entry = Buffer.from(table.subarray(0, 4));
  entry.writeUInt32BE(entry.readUInt32BE() + 8);
  expect(await codeOf([...whole, { offset: size - 512, bytes: entry }], size + 512)).toBe('corrupt');
});

test('a disk has an end', async () => {
  const vhd = await readVhd(readPieces(sound), size);
  const reader = openVhdReader(readPieces(sound), vhd);
  await expect(reader.read(5 * mebi - 1, 2)).rejects.toThrow(RangeError);
  await expect(reader.read(-1, 1)).rejects.toThrow(RangeError);
  await expect(reader.read(0, 0.5)).rejects.toThrow(RangeError);
  expect(() => blockDataOffset(vhd, 3)).toThrow(RangeError);
});
