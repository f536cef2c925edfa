import { expect, test } from '@jest/globals';
import { encodeFooter, fileSize, openVhdReader, readVhd, vhdLayout, vhdSectorSize } from '@sysimage/vhd';
import { openVhdxReader, readVhdx } from '@sysimage/vhdx';
import type { ReadAt } from '@sysimage/bytes';
import fc from 'fast-check';
import { grainSize } from '../../src/image/grain.js';
import type { ImageKind } from '../../src/image/image-format.js';
import { InPlaceImage } from '../../src/image/in-place-image.js';
import { readerOf } from '../../src/image/object-io.js';
import { vhdFormat } from '../../src/image/vhd-format.js';
import { vhdxFormat } from '../../src/image/vhdx-format.js';
import { hasher } from '../hasher.js';
import { MemoryFile, withoutHoles } from '../memory-file.js';
import { key, names } from '../records.js';

const name = names.firstImage(key, 'vhd');
/** Three blocks and a bit: the last block and the last grain are cut by the end of the disk. */
const diskSize = 3 * 2 * 1024 * 1024 + 100 * 1024;
const grains = Math.ceil(diskSize / grainSize);
const grainsPerBlock = 32;
const blocks = Math.ceil(grains / grainsPerBlock);
/** The same blocks, in sectors of 4096 bytes. */
const vhdxSize = Math.floor(diskSize / 4096) * 4096;
const layout = vhdLayout(diskSize);
const identity = { uuid: new Uint8Array(16).fill(9), createdAt: new Date('2026-01-01T00:00:00.000Z') };

type Step =
  | { readonly kind: 'write' | 'clear'; readonly grain: number; readonly count: number; readonly seed: number }
  | { readonly kind: 'move'; readonly from: number; readonly to: number }
  | { readonly kind: 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom<'write' | 'clear'>('write', 'clear'),
      grain: fc.nat(grains - 1),
      count: fc.integer({ min: 1, max: 40 }),
      seed: fc.integer({ min: 1, max: 255 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant<'move'>('move'),
      from: fc.nat(blocks - 1),
      to: fc.nat(blocks - 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant<'reopen'>('reopen') }) },
);

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 512) bytes.fill((at / 512 + seed) & 255, at, at + 512);
  return bytes;
}

async function created(file: MemoryFile): Promise<InPlaceImage> {
  const image = InPlaceImage.create(name, file, vhdFormat(diskSize, identity));
  await image.begin();
  return image;
}

/** What the format's own reader makes of a file. */
async function readWhole(kind: ImageKind, read: ReadAt, fileSize: number, size: number): Promise<Uint8Array> {
  if (kind === 'vhd') {
    const vhd = await readVhd(read, fileSize);
    expect(vhd.problems).toEqual([]);
    return openVhdReader(read, vhd).read(0, size);
  }
  const vhdx = await readVhdx(read, fileSize);
  expect(vhdx.problems).toEqual([]);
  return openVhdxReader(read, vhdx).read(0, size);
}

async function closed(image: InPlaceImage): Promise<void> {
  await image.finish();
  await image.flush();
  await image.close();
}

test.each([
  ['vhd', true],
  ['vhd', false],
  ['vhdx', true],
] as const)('an image agrees with a plain array, over many runs: %s, holes: %s', async (kind, holes) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const file = new MemoryFile();
      const medium = holes ? file : withoutHoles(file);
      const model = new Uint8Array(grains * grainSize);
      let image = InPlaceImage.create(
        name,
        medium,
        kind === 'vhd' ? vhdFormat(diskSize, identity) : vhdxFormat({ size: vhdxSize, sectorSize: 4096 }, identity),
      );
      await image.begin();
      for (const one of steps) {
        if (one.kind === 'reopen') {
          await closed(image);
          expect(file.bytes).toHaveLength(image.size);
          const digest = image.headerDigest(hasher);
          image = await InPlaceImage.open(name, medium);
          expect(image.headerDigest(hasher)).toBe(digest);
          await image.begin({ ...identity, uuid: new Uint8Array(16).fill(one.kind.length + digest.length) });
          continue;
        }
        if (one.kind === 'move') {
          if (!image.hasSlot(one.from) || image.hasSlot(one.to)) continue;
          const before = image.size;
          await image.moveSlot(one.from, one.to);
          expect(image.size).toBe(before);
          model.fill(0, one.from * grainsPerBlock * grainSize, (one.from + 1) * grainsPerBlock * grainSize);
          continue;
        }
        const count = Math.min(one.count, grains - one.grain);
        const range = [one.grain * grainSize, (one.grain + count) * grainSize] as const;
        if (one.kind === 'clear') {
          await image.clear(one.grain, count);
          model.fill(0, ...range);
        } else {
          const bytes = pattern(count * grainSize, one.seed);
          await image.write(one.grain, bytes);
          model.set(bytes, range[0]);
        }
      }
      await closed(image);
      const found = new Uint8Array(model.length);
      await image.read(0, found);
      expect(Buffer.compare(found, model)).toBe(0);
      // Any other program sees the same disk.
      const read = readerOf(file);
      const size = kind === 'vhd' ? diskSize : vhdxSize;
      const disk = await readWhole(kind, read, file.bytes.length, size);
      expect(Buffer.compare(disk, model.subarray(0, size))).toBe(0);
    }),
    { numRuns: 25 },
  );
});

test('blocks get slots in the order in which grains come, and only then', async () => {
  const file = new MemoryFile();
  const image = await created(file);
  expect(image.size).toBe(fileSize(layout, 0));
  await image.clear(0, grains);
  expect(image.size).toBe(fileSize(layout, 0));
  await image.write(64, pattern(grainSize, 1));
  await image.write(0, pattern(grainSize, 2));
  await image.write(65, pattern(grainSize, 3));
  expect(image.size).toBe(fileSize(layout, 2));
  await closed(image);
  const vhd = await readVhd(readerOf(file), file.bytes.length);
  const [first, second, third] = vhd.table;
  expect(second).toBe(0xffff_ffff);
  expect(third).toBeLessThan(first ?? 0);
});

test('a block may hold bytes when it had a place before this run', async () => {
  const file = new MemoryFile();
  const first = await created(file);
  await first.write(1, pattern(grainSize, 1));
  expect(first.mayHoldBytes(1)).toBe(false);
  await closed(first);
  const second = await InPlaceImage.open(name, file);
  await second.begin();
  await second.write(32, pattern(grainSize, 1));
  expect([0, 1, 31, 32, 33, 64].map((grain) => second.mayHoldBytes(grain))).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('until it is finished, the header region on the medium is the one before, and there is no footer', async () => {
  const file = new MemoryFile();
  const first = await created(file);
  await first.write(0, pattern(grainSize, 1));
  await closed(first);
  const before = file.bytes.slice();
  const image = await InPlaceImage.open(name, file);
  await image.begin();
  expect(file.bytes).toHaveLength(before.length);
  expect(file.bytes.subarray(-vhdSectorSize)).toEqual(new Uint8Array(vhdSectorSize));
  await image.write(40, pattern(grainSize, 2));
  await image.write(0, pattern(grainSize, 3));
  expect(file.bytes.subarray(0, layout.firstBlock)).toEqual(before.subarray(0, layout.firstBlock));
});

test('a new slot reads as zeros where nothing was written, whatever the file held there', async () => {
  const file = new MemoryFile();
  await closed(await created(file));
  // Rubbish behind the end, as a run that was cut leaves it.
  await file.write(file.bytes.length, new Uint8Array(3_000_000).fill(0xee));
  await file.write(file.bytes.length, encodeFooter(diskSize, identity));
  const image = await InPlaceImage.open(name, file);
  await image.begin();
  await image.write(5, pattern(grainSize, 1));
  await closed(image);
  const found = new Uint8Array(32 * grainSize);
  await image.read(0, found);
  found.fill(0, 5 * grainSize, 6 * grainSize);
  expect(found.every((byte) => byte === 0)).toBe(true);
});

test('the before-image takes back table, footer and length, whatever was done', async () => {
  const file = new MemoryFile();
  const first = await created(file);
  await first.write(33, pattern(grainSize, 1));
  await closed(first);
  const before = file.bytes.slice();
  const image = await InPlaceImage.open(name, file);
  const pieces = await image.beforeImage(hasher);
  await image.begin();
  await image.write(0, pattern(grainSize, 2));
  await image.write(70, pattern(grainSize, 3));
  await closed(image);
  expect(file.bytes.length).toBeGreaterThan(before.length);
  await file.truncate(before.length);
  for (const piece of pieces) {
    expect(piece.kind).toBe('file');
    expect(hasher.digest(piece.bytes)).toEqual(piece.digest);
    await file.write(piece.position, piece.bytes);
  }
  expect(Buffer.compare(file.bytes, before)).toBe(0);
});

test('what is no image of ours is corrupt', async () => {
  const file = new MemoryFile();
  const image = await created(file);
  await image.write(0, pattern(grainSize, 1));
  await image.write(64, pattern(grainSize, 1));
  await closed(image);
  const whole = file.bytes;
  const foreign = whole.slice();
  const footers = [0, foreign.length - vhdSectorSize].map((at) => foreign.subarray(at, at + vhdSectorSize));
  for (const footer of footers) {
    footer.set(new TextEncoder().encode('qemu'), 28);
    const view = new DataView(footer.buffer, footer.byteOffset, footer.length);
    view.setUint32(64, 0);
    view.setUint32(64, ~footer.reduce((sum, byte) => sum + byte, 0) >>> 0);
  }
  const overlapping = whole.slice();
  overlapping.copyWithin(layout.tableOffset, layout.tableOffset + 8, layout.tableOffset + 12);
  const others: Record<string, Uint8Array> = {
    empty: new Uint8Array(0),
    short: whole.slice(0, 100),
    text: new TextEncoder().encode('not an image '.repeat(1000)),
    zeros: new Uint8Array(whole.length),
    'half of it': whole.slice(0, whole.length / 2),
    'without its footer and its copy': whole.slice(512),
    'of another program': foreign,
    'two blocks in one slot': overlapping,
  };
  for (const [what, bytes] of Object.entries(others)) {
    const opened = InPlaceImage.open(name, MemoryFile.of(bytes)).then(
      () => `${what}: opened`,
      (error: unknown) => error,
    );
    expect(await opened).toMatchObject({ code: 'corrupt' });
  }
});

test('a flipped bit in header or footer: opened all the same, or corrupt', async () => {
  const file = new MemoryFile();
  const image = await created(file);
  await image.write(0, pattern(grainSize, 1));
  await closed(image);
  const { length } = file.bytes;
  for (const start of [0, 512, layout.tableOffset, length - 512]) {
    for (let bit = start * 8; bit < (start + 96) * 8; bit += 1) {
      const at = bit >> 3;
      file.bytes[at] = (file.bytes[at] ?? 0) ^ (1 << (bit & 7));
      const opened = await InPlaceImage.open(name, file).catch((error: unknown) => error);
      if (!(opened instanceof InPlaceImage)) expect(opened).toMatchObject({ code: 'corrupt' });
      file.bytes[at] = (file.bytes[at] ?? 0) ^ (1 << (bit & 7));
    }
  }
});
