import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isFormatError } from '@sysimage/bytes';
import { openVhdReader, readVhd } from '../src/index.js';
import { makeVhd, noise, readPieces, type Piece } from './make-vhd.js';

const { pieces, size } = makeVhd(
  64 * 1024 * 1024,
  [
    [3, noise(3, 4096)],
    [0, noise(1, 4096)],
  ],
  [0, 2],
);

/** Reads all a program could read, under guard: nothing outside the file, nothing larger than the file says it is. */
async function readAll(changed: readonly Piece[], fileSize: number): Promise<void> {
  const source = readPieces(changed);
  const guarded = (offset: number, length: number): Promise<Uint8Array> => {
    expect(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && length >= 0).toBe(true);
    expect(offset >= 0 && offset + length <= fileSize).toBe(true);
    return source(offset, length);
  };
  try {
    const vhd = await readVhd(guarded, fileSize);
    expect(vhd.table.byteLength).toBeLessThanOrEqual(fileSize);
    const reader = openVhdReader(guarded, vhd);
    for (const offset of [0, Math.floor(vhd.diskSize / 2), vhd.diskSize - 512]) await reader.read(offset, 512);
  } catch (error) {
    if (!isFormatError(error)) throw error;
  }
}

/** Puts right the checksums that a change broke, or nothing behind them would ever be reached. */
async function mendChecksums(changed: readonly Piece[], fileSize: number): Promise<Piece[]> {
  const mended = [...changed];
  for (const [offset, length, field] of [
    [0, 512, 64],
    [512, 1024, 36],
    [fileSize - 512, 512, 64],
  ] as const) {
    if (offset < 0 || offset + length > fileSize) continue;
    const bytes = Buffer.from(await readPieces(mended)(offset, length));
    bytes.writeUInt32BE(0, field);
    bytes.writeUInt32BE(~bytes.reduce((sum, byte) => sum + byte, 0) >>> 0, field);
    mended.push({ offset, bytes });
  }
  return mended;
}

const places = fc.oneof(
  fc.nat(511),
  fc.nat(2047),
  fc.nat(511).map((offset) => size - 512 + offset),
);
const changes = fc.array(fc.tuple(places, fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255))), {
  minLength: 1,
  maxLength: 12,
});

test.each([
  ['as they are', false],
  ['with checksums mended', true],
])(
  'changed bytes, %s, give values or a FormatError',
  async (_, mend) => {
    await fc.assert(
      fc.asyncProperty(changes, fc.boolean(), async (list, cut) => {
        const fileSize = cut ? size - 512 : size;
        const changed = [...pieces, ...list.map(([offset, value]): Piece => ({ offset, bytes: Uint8Array.of(value) }))];
        await readAll(mend ? await mendChecksums(changed, fileSize) : changed, fileSize);
      }),
      { numRuns: 1500 },
    );
  },
  60_000,
);

test('random bytes give a FormatError', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 4096 }), async (bytes) => {
      await readAll([{ offset: 0, bytes }], bytes.length);
      if (bytes.length < 1536) return;
      const dressed = [
        { offset: 0, bytes },
        { offset: 0, bytes: Buffer.from('conectix') },
        { offset: 512, bytes: Buffer.from('cxsparse') },
      ];
      await readAll(await mendChecksums(dressed, bytes.length), bytes.length);
    }),
    { numRuns: 500 },
  );
});
