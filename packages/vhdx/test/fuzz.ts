import fc from 'fast-check';
import { isFormatError, type ReadAt } from '@sysimage/bytes';
import { crc32c } from '../src/crc32c.js';
import { openVhdxReader, readVhdx, type VhdxPiece } from '../src/index.js';
import { makeDifferencing } from './make-differencing.js';
import { encodeLogEntry, logPieces } from './make-log.js';
import { identity, makeVhdx, noise, readPieces, type MadeFile } from './make-vhdx.js';

const disk = { size: 64 * 2 ** 20, sectorSize: 512 };
const parentFile = makeVhdx(disk, [[0, noise(5, 4096)]]);
const plain = makeVhdx(
  disk,
  [
    [3, noise(3, 4096)],
    [0, noise(1, 4096)],
  ],
  [0, 2],
);
const child = makeDifferencing(
  disk,
  [{ block: 3, payload: noise(3, 4096), sectors: [0, 5, 4095] }],
  identity.dataWriteId,
  'parent.vhdx',
  noise(9, 16),
);
const entry = (sequenceNumber: number): Uint8Array =>
  encodeLogEntry({
    sequenceNumber,
    tail: 8192,
    changes: [
      { at: 3 * 2 ** 20, bytes: new Uint8Array(4096) },
      { at: 4 * 2 ** 20, zeros: 8192 },
    ],
    fileSize: plain.size,
  });
const unclean: MadeFile = {
  ...plain,
  pieces: [
    ...plain.pieces,
    ...logPieces([
      [8192, entry(4)],
      [16384, entry(5)],
    ]),
  ],
};

/** Offsets and lengths of what has a checksum at its fifth byte. */
const summed = [
  [64 * 1024, 4096],
  [128 * 1024, 4096],
  [192 * 1024, 65536],
  [256 * 1024, 65536],
  [2 ** 20 + 8192, 8192],
  [2 ** 20 + 16384, 8192],
] as const;

/** Where a change tells: identifiers, headers, regions, log, metadata, table, sector bitmap. */
const places = fc.oneof(
  fc.nat(31),
  ...[64, 128, 192, 256, 2048, 2112, 2176, 3072].map((kibi) => fc.nat(255).map((at) => kibi * 1024 + at)),
  fc.nat(20480).map((at) => 2 ** 20 + at),
  fc.nat(200).map((at) => 3 * 2 ** 20 + at),
);
const changes = fc.array(fc.tuple(places, fc.oneof(fc.constantFrom(0, 1, 6, 7, 0x7f, 0x80, 0xff), fc.nat(255))), {
  minLength: 1,
  maxLength: 10,
});

/**
 * Changes bytes of sound files, with and without mended checksums, and reads them. Rejects when anything but values or a `FormatError`
 * comes out, when a read leaves the file, or when the reads are many or large.
 */
export async function fuzzVhdx({ seed, runs }: { readonly seed: number; readonly runs: number }): Promise<void> {
  const file = fc.constantFrom(plain, child, unclean);
  await fc.assert(
    fc.asyncProperty(file, changes, fc.boolean(), fc.boolean(), async (sound, list, mend, cut) => {
      const size = cut ? sound.size - 2 ** 20 : sound.size;
      const changed = [...sound.pieces, ...list.map(([offset, value]) => ({ offset, bytes: Uint8Array.of(value) }))];
      await readAll(mend ? await mendChecksums(changed) : changed, size);
    }),
    { seed, numRuns: runs },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 4096 }), async (bytes) => {
      const dressed = [
        { offset: 0, bytes },
        { offset: 0, bytes: Buffer.from('vhdxfile') },
      ];
      await readAll([{ offset: 0, bytes }], bytes.length);
      for (const [offset] of summed) await readAll([...dressed, { offset, bytes }], 4 * 2 ** 20);
    }),
    { seed, numRuns: Math.ceil(runs / 10) },
  );
}

async function readAll(pieces: readonly VhdxPiece[], size: number): Promise<void> {
  const read = guarded(readPieces(pieces), size);
  try {
    const vhdx = await readVhdx(read, size);
    const parent = await readVhdx(readPieces(parentFile.pieces), parentFile.size);
    const reader = openVhdxReader(read, vhdx, {
      vhdx: parent,
      reader: openVhdxReader(readPieces(parentFile.pieces), parent),
    });
    for (const offset of [0, Math.floor(vhdx.diskSize / 2), vhdx.diskSize - 512]) await reader.read(offset, 512);
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
    if (calls > 200 || bytes > 64 * 2 ** 20) throw new Error(`${calls} reads of ${bytes} bytes`);
    return source(offset, length);
  };
}

/** Puts right the checksums that a change broke, or nothing behind them would ever be reached. */
async function mendChecksums(pieces: readonly VhdxPiece[]): Promise<readonly VhdxPiece[]> {
  const mended: VhdxPiece[] = [];
  for (const [offset, length] of summed) {
    const bytes = await readPieces(pieces)(offset, length);
    const sum = new Uint8Array(4);
    new DataView(sum.buffer).setUint32(0, crc32c(bytes, 4), true);
    mended.push({ offset: offset + 4, bytes: sum });
  }
  return [...pieces, ...mended];
}
