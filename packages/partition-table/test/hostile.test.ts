import { expect, test } from '@jest/globals';
import { isFormatError } from '@sysimage/bytes';
import fc from 'fast-check';
import { moveBackupGpt, readPartitionTable } from '../src/index.js';
import { disk, gptDisk, seal, writeMbr } from './disk.js';

/** Reads whatever is there; only a `FormatError` may come out, and nothing may be read outside the disk. */
async function survives(bytes: Uint8Array, sectorSize: number): Promise<void> {
  const { read } = disk(bytes);
  const shape = { size: bytes.length, sectorSize };
  const outcome = await Promise.allSettled([
    readPartitionTable(read, shape),
    moveBackupGpt(read, shape, bytes.length + 1_000_000),
  ]);
  for (const result of outcome) {
    if (result.status === 'rejected' && !isFormatError(result.reason)) throw result.reason;
  }
  const [table] = outcome;
  if (table?.status === 'fulfilled') expect(table.value.extents.hull?.end ?? 0).toBeLessThanOrEqual(bytes.length);
}

const sectorSizes = fc.constantFrom(512, 4096);

test('random bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 20_000, size: 'max' }), sectorSizes, async (bytes, sectorSize) => {
      if (bytes.length > 512) bytes.set([0x55, 0xaa], 510);
      await survives(bytes, sectorSize);
    }),
    { numRuns: 300 },
  );
});

test('random entries chained through random sectors', async () => {
  const entry = fc.record({ type: fc.constantFrom(5, 0x0f, 7, 0xee), start: fc.nat(40), count: fc.nat(40) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(entry, { maxLength: 4 }), { maxLength: 40 }), async (records) => {
      const made = disk(new Uint8Array(40 * 512));
      records.forEach((entries, sector) => writeMbr(made, sector, entries));
      await survives(made.bytes, 512);
    }),
    { numRuns: 500 },
  );
});

test('flipped bits in a good GPT, with and without right checksums', async () => {
  const good = gptDisk(512, [{ first: 64, last: 127 }]).bytes;
  const flip = fc.tuple(fc.constantFrom(0, 512, 1024, 511 * 512, 478 * 512), fc.nat(511), fc.nat(7));
  await fc.assert(
    fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 6 }), fc.boolean(), async (flips, reseal) => {
      const made = disk(good.slice());
      for (const [base, at, bit] of flips) made.bytes[base + at] = (made.bytes[base + at] ?? 0) ^ (1 << bit);
      if (reseal) for (const header of [1, 511]) sealIfPossible(made, header);
      await survives(made.bytes, 512);
    }),
    { numRuns: 1000 },
  );
});

function sealIfPossible(made: ReturnType<typeof disk>, header: number): void {
  try {
    seal(made, header);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}
