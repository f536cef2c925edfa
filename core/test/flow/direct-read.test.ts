import { expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import type { DirectRead } from '../../src/contract/direct-read.js';
import type { DigestFrom } from '../../src/contract/services.js';
import type { DiskSource } from '../../src/contract/source.js';
import { CanonicalReader } from '../../src/flow/canonical-reader.js';
import { patchedSource } from '../../src/flow/patched-source.js';
import { snapshotSource } from '../../src/flow/snapshot-source.js';
import type { DigestHasher } from '../../src/image/read-digests.js';
import { hasher } from '../hasher.js';
import { sourceOf } from '../small-disk.js';

const grain = 65_536;
const disk = Uint8Array.from({ length: 8 * grain }, (_, i) => (i * 3 + (i >> 9)) % 251);

/** Reads the disk above as an open file with the number 7, and keeps what it was asked. */
class ReadingHasher implements DigestHasher {
  readonly requests: DigestFrom[] = [];
  readonly digestEach: DigestHasher['digestEach'] = (...of) => hasher.digestEach(...of);
  /** As if the file ended too early. */
  refuses = false;

  readonly digestFrom = async (request: DigestFrom): Promise<Uint8Array | undefined> => {
    this.requests.push(request);
    const { offset, into, unit, blank, descriptor } = request;
    expect(descriptor).toBe(7);
    into.fill(0x55);
    if (this.refuses) return undefined;
    into.set(disk.subarray(offset, offset + into.length));
    for (const { start, end } of blank) into.fill(0, start, end);
    return hasher.digestEach(into, unit);
  };
}

/** A disk that is an open file. */
function openFile(bad: readonly { start: number; end: number }[] = []): DiskSource & { readonly asked: boolean[] } {
  const plain = sourceOf(disk, { bad });
  const asked: boolean[] = [];
  const read = async (offset: number, into: Uint8Array, direct?: DirectRead): Promise<void> => {
    asked.push(direct !== undefined);
    if ((await direct?.(7, offset)) !== true || bad.length > 0) await plain.read(offset, into);
  };
  return { ...plain, asked, read };
}

async function runsOf(source: DiskSource, allocated: ExtentSet, reading: DigestHasher): Promise<void> {
  const reader = new CanonicalReader(source, allocated);
  for await (const { grain: first, bytes, digests, release } of reader.runs(0, disk.length, reading)) {
    const expected = disk.slice(first * grain, first * grain + bytes.length);
    for (const gap of allocated.gaps(first * grain, first * grain + bytes.length))
      expected.fill(0, gap.start - first * grain, gap.end - first * grain);
    for (const lost of reader.unreadable) expected.fill(0, lost.start - first * grain, lost.end - first * grain);
    expect(Buffer.compare(bytes, expected)).toBe(0);
    expect(digests).toEqual(await hasher.digestEach(expected, grain));
    release();
  }
}

const allocated = ExtentSet.of({ start: 0, end: 2 * grain + 9 }, { start: 3 * grain - 5, end: disk.length });

test('what is hashed while it is read has zeros where the map has nothing', async () => {
  const reading = new ReadingHasher();
  await runsOf(openFile(), allocated, reading);
  expect(reading.requests.map(({ blank }) => blank)).toEqual([[{ start: 2 * grain + 9, end: 3 * grain - 5 }]]);
});

test('what could not be read directly is read as ever', async () => {
  const reading = new ReadingHasher();
  reading.refuses = true;
  await runsOf(openFile(), allocated, reading);
  expect(reading.requests).toHaveLength(1);
});

test('digests of bytes that were changed afterwards do not count', async () => {
  const reading = new ReadingHasher();
  await runsOf(
    openFile([{ start: grain + 100, end: grain + 200 }]),
    ExtentSet.of({ start: 0, end: 8 * grain }),
    reading,
  );
  expect(reading.requests).toHaveLength(1);
});

test.each([
  ['beside them', 0, grain, true],
  ['that touches their first byte', 0, 2 * grain + 1, false],
  ['that touches their last byte', 2 * grain + 9, grain, false],
  ['behind them', 2 * grain + 10, grain, true],
])('a read %s passes patches and pieces of a snapshot by', async (_, offset, length, wanted) => {
  const into = new Uint8Array(length);
  const bytes = new Uint8Array(10).fill(9);
  const below = [openFile(), openFile()] as const;
  const direct: DirectRead = async (_descriptor, at) => {
    into.set(disk.subarray(at, at + length));
    return true;
  };
  const patched = patchedSource(below[0], [{ offset: 2 * grain, bytes }]);
  const piece = {
    disk: below[1].path,
    start: 2 * grain,
    end: 2 * grain + 10,
    read: async (_at: number, part: Uint8Array) => void part.fill(9),
  };
  const held = snapshotSource(below[1], { pieces: [piece], assertIntact: () => undefined });
  const expected = disk.slice();
  expected.set(bytes, 2 * grain);
  for (const [source, { asked }] of [
    [patched, below[0]],
    [held, below[1]],
  ] as const) {
    into.fill(0);
    await source.read(offset, into, direct);
    expect(Buffer.compare(into, expected.subarray(offset, offset + length))).toBe(0);
    expect(asked).toContain(wanted);
    expect(asked).not.toContain(!wanted);
  }
});
