import assert from 'node:assert/strict';
import { isFormatError } from '@sysimage/bytes';
import fc from 'fast-check';
import { openFiles, readFileSystem, type Files } from '../src/index.js';
import { SmallImage, smallImageNames, type Change, type SmallImageName } from './small-image.js';

export interface FuzzOptions {
  readonly seed: number;
  /** Damaged images tried, for each kind. */
  readonly runs: number;
  /** All kinds unless told. */
  readonly names?: readonly SmallImageName[];
}

const limits = { reads: 20_000, bytesRead: 512 * 1024 * 1024, entries: 400, depth: 4, fileReads: 40 } as const;

/** Numbers that readers stumble over, as bytes. */
const awkward: readonly (readonly number[])[] = [
  [0],
  [0xff],
  [0, 0, 0, 0],
  [0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0, 0, 0, 0x80],
  [1, 0, 0, 0, 0, 0, 0, 0],
];

const change: fc.Arbitrary<Change> = fc.record({
  block: fc.nat(2 ** 16),
  at: fc.nat(4095),
  value: fc.oneof(fc.constantFrom(...awkward), fc.array(fc.nat(255), { minLength: 1, maxLength: 4 })),
});

/**
 * Damages images of every kind and has them read: nothing but `FormatError` may come out, no map may leave its volume, and no
 * damage may make a reader read without end. Rejects with what fast-check found, which names the seed.
 */
export async function fuzzFileSystems({ seed, runs, names = smallImageNames }: FuzzOptions): Promise<void> {
  for (const name of names) {
    const image = new SmallImage(name);
    const damage = fc.tuple(fc.array(change, { minLength: 1, maxLength: 6 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(damage, async ([changes, mend]) => {
        image.change(changes, mend);
        await surviveReading(image);
      }),
      { seed, numRuns: runs },
    );
  }
}

async function surviveReading(image: SmallImage): Promise<void> {
  const found = await readFileSystem(image.read, { size: image.size });
  assert.ok(image.reads < limits.reads, `${image.reads} reads`);
  assert.ok(image.bytesRead < limits.bytesRead, `${image.bytesRead} bytes read`);
  if (found !== undefined) {
    assert.equal(found.allocated === undefined, found.noMapReason !== undefined);
    assert.ok((found.allocated?.hull?.end ?? 0) <= image.size);
    for (const { extents } of found.optional) assert.equal(found.allocated?.intersect(extents).size, extents.size);
  }
  [image.reads, image.bytesRead] = [0, 0];
  const files = await orFormatError(() => openFiles(image.read, { size: image.size }));
  if (files !== undefined) await visit(image, files, '', { entries: 0, reads: 0 }, 0);
}

async function visit(
  image: SmallImage,
  files: Files,
  path: string,
  count: { entries: number; reads: number },
  depth: number,
): Promise<void> {
  const before = image.reads;
  const entries = await orFormatError(() => files.list(path));
  assert.ok(image.reads - before < limits.reads, `${image.reads - before} reads`);
  for (const entry of entries ?? []) {
    count.entries += 1;
    if (count.entries > limits.entries || depth > limits.depth) return;
    if (entry.kind === 'directory') await visit(image, files, `${path}/${entry.name}`, count, depth + 1);
    if (entry.kind !== 'file' || count.reads > limits.fileReads) continue;
    count.reads += 1;
    for (const offset of [0, Math.floor(entry.size / 2), Math.max(0, entry.size - 100)]) {
      const read = image.reads;
      const bytes = await orFormatError(() => files.read(entry, offset, 100_000));
      assert.ok((bytes?.length ?? 0) <= 100_000);
      assert.ok(image.reads - read < limits.reads, `${image.reads - read} reads`);
    }
  }
}

async function orFormatError<T>(body: () => Promise<T>): Promise<T | undefined> {
  try {
    return await body();
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
}
