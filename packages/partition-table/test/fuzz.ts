import { isFormatError, type ReadAt } from '@sysimage/bytes';
import {
  diskOf,
  type DiskBytes,
  dynamicGroup,
  everyVolume,
  gptDisk,
  seal,
  sealDynamicHeader,
  writeDynamicHeader,
  writeMbr,
} from '@sysimage/fixtures';
import fc from 'fast-check';
import {
  assembleDynamicGroup,
  moveBackupGpt,
  readDynamicDatabase,
  readDynamicDisk,
  readPartitionTable,
} from '../src/index.js';

export interface FuzzOptions {
  readonly seed: number;
  readonly runs: number;
}

/**
 * Reads random and changed tables. Rejects when anything but values or a `FormatError` comes out, when a read leaves the disk, or
 * when the reads are many or large.
 */
export async function fuzzPartitionTable({ seed, runs }: FuzzOptions): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 20_000, size: 'max' }), sectorSizes, async (bytes, sectorSize) => {
      if (bytes.length > 512) bytes.set([0x55, 0xaa], 510);
      await survives(bytes, sectorSize);
    }),
    { seed, numRuns: runs },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(entries, { maxLength: 4 }), { maxLength: 40 }), async (records) => {
      const made = diskOf(new Uint8Array(40 * 512));
      records.forEach((list, sector) => writeMbr(made, sector, list));
      await survives(made.bytes, 512);
    }),
    { seed, numRuns: runs },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(flips, { minLength: 1, maxLength: 6 }), fc.boolean(), async (list, mend) => {
      const made = diskOf(good.slice());
      for (const [base, at, bit] of list) made.bytes[base + at] = (made.bytes[base + at] ?? 0) ^ (1 << bit);
      if (mend) for (const header of [1, 511]) sealIfPossible(made, header);
      await survives(made.bytes, 512);
    }),
    { seed, numRuns: runs },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(headerFlips, { minLength: 1, maxLength: 6 }), fc.boolean(), async (list, mend) => {
      const made = diskOf(dynamic.slice());
      for (const [at, bit] of list) made.bytes[6 * 512 + at] = (made.bytes[6 * 512 + at] ?? 0) ^ (1 << bit);
      if (mend) sealDynamicHeader(made, 6 * 512);
      await survives(made.bytes, 512);
    }),
    { seed, numRuns: runs },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(databaseFlips, { minLength: 1, maxLength: 6 }), fc.boolean(), async (list, mend) => {
      const made = diskOf(member.slice());
      for (const [sector, at, bit] of list) {
        const offset = (2048 + sector) * 512 + at;
        made.bytes[offset] = (made.bytes[offset] ?? 0) ^ (1 << bit);
      }
      if (mend) for (const sector of [1, 2]) sealDynamicHeader(made, (2048 + sector) * 512);
      await survives(made.bytes, 512);
    }),
    { seed, numRuns: runs },
  );
}

const sectorSizes = fc.constantFrom(512, 4096);
const entries = fc.record({
  type: fc.constantFrom(5, 0x0f, 7, 0x42, 0xee),
  start: fc.nat(40),
  count: fc.nat(40),
});
const flips = fc.tuple(fc.constantFrom(0, 512, 1024, 511 * 512, 478 * 512), fc.nat(511), fc.nat(7));
const headerFlips = fc.tuple(fc.oneof(fc.nat(511), fc.integer({ min: 0x11b, max: 0x13b })), fc.nat(7));
/** In the contents, in the head of the records, or in the first of them. */
const databaseFlips = fc.tuple(
  fc.constantFrom(1, 2, 17, 18, 19, 20, 21, 22, 23, 24, 25),
  fc.oneof(fc.nat(511), fc.nat(40)),
  fc.nat(7),
);
const member = memberOfGroup().bytes;
const good = gptDisk(512, [{ first: 64, last: 127 }]).bytes;
const dynamic = dynamicDisk().bytes;

function memberOfGroup(): DiskBytes {
  const [first] = dynamicGroup({ scheme: 'mbr', disks: 3, sectors: 4096, volumes: everyVolume });
  if (first === undefined) throw new Error('no disk');
  return first;
}

function dynamicDisk(): DiskBytes {
  const made = diskOf(new Uint8Array(4096 * 512));
  writeMbr(made, 0, [{ type: 0x42, start: 63, count: 4000 }]);
  writeDynamicHeader(made, 6 * 512, { dataStart: 63, dataSize: 1985, databaseStart: 2048, databaseSize: 2048 });
  return made;
}

/** Reads whatever is there; only a `FormatError` may come out, and nothing may be read outside the disk. */
async function survives(bytes: Uint8Array, sectorSize: number): Promise<void> {
  const shape = { size: bytes.length, sectorSize };
  const readAll = async () => {
    const read = guarded(diskOf(bytes).read, bytes.length);
    const table = await readPartitionTable(read, shape);
    if ((table.extents.hull?.end ?? 0) > bytes.length) throw new Error('the table leaves the disk');
    const header = await readDynamicDisk(read, table);
    if (header !== undefined) assembleDynamicGroup(await readDynamicDatabase(read, header, sectorSize), sectorSize);
  };
  const outcome = await Promise.allSettled([
    readAll(),
    moveBackupGpt(guarded(diskOf(bytes).read, bytes.length), shape, bytes.length + 1_000_000),
  ]);
  for (const result of outcome) {
    if (result.status === 'rejected' && !isFormatError(result.reason)) throw result.reason;
  }
}

/** Refuses more reads than the longest chain of logical partitions needs, and more bytes than a few whole disks of this size. */
function guarded(source: ReadAt, size: number): ReadAt {
  let [calls, bytes] = [0, 0];
  return (offset, length) => {
    calls += 1;
    bytes += length;
    if (calls > 300 || bytes > 4 * size + 2 ** 20) throw new Error(`${calls} reads of ${bytes} bytes`);
    return source(offset, length);
  };
}

function sealIfPossible(made: DiskBytes, header: number): void {
  try {
    seal(made, header);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}
