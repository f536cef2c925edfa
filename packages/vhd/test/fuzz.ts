import fc from 'fast-check';
import { isFormatError, type ReadAt } from '@sysimage/bytes';
import { ExtentSet } from '@sysimage/extents';
import { encodeFooter, openVhdReader, readVhd } from '../src/index.js';
import { identity, makeDifferencing, makeVhd, noise, parentNamed, readPieces, type Piece } from './make-vhd.js';

const diskSize = 64 * 1024 * 1024;
const dynamic = makeVhd(
  diskSize,
  [
    [3, noise(3, 4096)],
    [0, noise(1, 4096)],
  ],
  [0, 2],
);
const child = makeDifferencing(
  diskSize,
  ExtentSet.of({ start: 4096, end: 12288 }, { start: diskSize - 512, end: diskSize }),
  { ...identity, uuid: noise(9, 16) },
  parentNamed('old.vhd', identity),
  new Uint8Array(diskSize),
);
const fixed = { pieces: [{ offset: 8192, bytes: encodeFooter(8192, identity, 'fixed') }], size: 8704 };

/** Where a change tells: copy of the footer, dynamic header, table, paths, bitmaps; the last 512 bytes count from the end. */
const places = fc.oneof(
  fc.nat(511),
  fc.nat(2047),
  ...[4096, 8192, 12288, 0x9f * 512].map((start) => fc.nat(255).map((at) => start + at)),
  fc.nat(511).map((at) => at - 512),
);
const changes = fc.array(fc.tuple(places, fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255))), {
  minLength: 1,
  maxLength: 12,
});

/**
 * Changes bytes of sound files, with and without mended checksums, and reads them. Rejects when anything but values or a `FormatError`
 * comes out, when a read leaves the file, or when the reads are many or large.
 */
export async function fuzzVhd({ seed, runs }: { readonly seed: number; readonly runs: number }): Promise<void> {
  const file = fc.constantFrom(dynamic, child, fixed);
  await fc.assert(
    fc.asyncProperty(file, changes, fc.boolean(), fc.constantFrom(0, 1, 512), async (sound, list, mend, cut) => {
      const size = sound.size - cut;
      const changed = [
        ...sound.pieces,
        ...list.map(([at, value]): Piece => ({ offset: at < 0 ? size + at : at, bytes: Uint8Array.of(value) })),
      ];
      await readAll(mend ? await mendChecksums(changed, size) : changed, size);
    }),
    { seed, numRuns: runs },
  );
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
    { seed, numRuns: Math.ceil(runs / 4) },
  );
}

/** Reads all a program could read, under guard: nothing outside the file, nothing larger than the file says it is. */
async function readAll(changed: readonly Piece[], size: number): Promise<void> {
  const read = guarded(readPieces(changed), size);
  try {
    const vhd = await readVhd(read, size);
    if (vhd.table.byteLength > size) throw new Error(`a table of ${vhd.table.byteLength} bytes in ${size}`);
    const parent = await readVhd(readPieces(dynamic.pieces), dynamic.size);
    const reader = openVhdReader(readPieces(dynamic.pieces), parent);
    const disk = openVhdReader(read, vhd, { vhd: parent, reader });
    const last = vhd.diskSize - 512;
    for (const offset of [0, Math.min(Math.floor(vhd.diskSize / 2), last), last]) await disk.read(offset, 512);
  } catch (error) {
    if (!isFormatError(error)) throw error;
  }
}

/** Refuses reads outside the file, and more than a file of this size can be worth. */
function guarded(source: ReadAt, size: number): ReadAt {
  let [calls, bytes] = [0, 0];
  return (offset, length) => {
    calls += 1;
    bytes += length;
    const sane = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!sane || offset + length > size) throw new Error(`read ${length} bytes at ${offset} of ${size}`);
    if (calls > 40 || bytes > 2 * size + 2 ** 20) throw new Error(`${calls} reads of ${bytes} bytes`);
    return source(offset, length);
  };
}

/** Puts right the checksums that a change broke, or nothing behind them would ever be reached. */
async function mendChecksums(changed: readonly Piece[], size: number): Promise<readonly Piece[]> {
  const mended = [...changed];
  for (const [offset, length, field] of [
    [0, 512, 64],
    [512, 1024, 36],
    [size - 512, 512, 64],
  ] as const) {
    if (offset < 0 || offset + length > size) continue;
    const bytes = Buffer.from(await readPieces(mended)(offset, length));
    bytes.writeUInt32BE(0, field);
    bytes.writeUInt32BE(~bytes.reduce((sum, byte) => sum + byte, 0) >>> 0, field);
    mended.push({ offset, bytes });
  }
  return mended;
}
