import { expect, test } from '@jest/globals';
import { isZero } from '@sysimage/bytes';
import { openVhdReader, readVhd } from '@sysimage/vhd';
import { openVhdxReader, readVhdx } from '@sysimage/vhdx';
import fc from 'fast-check';
import type { RandomFile } from '../../src/contract/target.js';
import { grainSize } from '../../src/image/grain.js';
import { imageSize, type ImageKind } from '../../src/image/image-format.js';
import { InPlaceImage } from '../../src/image/in-place-image.js';
import type { CopyTo } from '../../src/image/read-digests.js';
import { readerOf } from '../../src/image/object-io.js';
import { vhdFormat } from '../../src/image/vhd-format.js';
import { vhdxFormat } from '../../src/image/vhdx-format.js';
import { MemoryFile } from '../memory-file.js';
import { key, names } from '../records.js';

const blockSize = 2 * 1024 * 1024;
const diskSize = 6 * blockSize;
const grains = diskSize / grainSize;
const name = names.firstImage(key, 'vhd');
const identity = { uuid: new Uint8Array(16).fill(9), createdAt: new Date('2026-01-01T00:00:00.000Z') };

/** A file that others may write by its number, which is told to nobody here. */
function lent(file: MemoryFile): RandomFile {
  const plain: RandomFile = file;
  return new Proxy(plain, {
    get: (of, property) => {
      if (property === 'lend') return <T>(use: (descriptor: number) => Promise<T>): Promise<T> => use(7);
      const value: unknown = Reflect.get(of, property);
      return typeof value === 'function' ? value.bind(of) : value;
    },
  });
}

interface Run {
  readonly grain: number;
  readonly count: number;
  readonly seed: number;
  /** How its copy ends: as it should, not begun, or in the middle, with bytes that are not those of the run. */
  readonly copied: 'all' | 'none' | 'some';
}

/** Runs in the order of the disk, none in two blocks of 2 MiB. A seed of 0: zeros. */
const runs: fc.Arbitrary<readonly Run[]> = fc
  .uniqueArray(fc.nat(grains - 1), { minLength: 2, maxLength: 40 })
  .chain((bounds) => {
    const all = bounds
      .toSorted((a, b) => a - b)
      .flatMap((grain, i, sorted) => {
        const end = Math.min(sorted[i + 1] ?? grains, grain - (grain % 32) + 32);
        return [{ grain, count: end - grain }];
      });
    return fc.tuple(
      ...all.map((range) =>
        fc.record({
          grain: fc.constant(range.grain),
          count: fc.constant(range.count),
          seed: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 255 })),
          copied: fc.constantFrom('all', 'all', 'all', 'none', 'some'),
        }),
      ),
    );
  });

function bytesOf({ count, seed }: Run): Uint8Array {
  const bytes = new Uint8Array(count * grainSize);
  // Some pages stay zeros.
  if (seed > 0) for (let at = 0; at < bytes.length; at += 8192 * ((seed % 5) + 1)) bytes.fill(seed, at, at + 4096);
  return bytes;
}

async function bytesIn(kind: ImageKind, file: MemoryFile): Promise<Uint8Array> {
  const read = readerOf(file);
  if (kind === 'vhd') {
    const vhd = await readVhd(read, file.bytes.length);
    expect(vhd.problems).toEqual([]);
    return openVhdReader(read, vhd).read(0, diskSize);
  }
  const vhdx = await readVhdx(read, file.bytes.length);
  expect(vhdx.problems).toEqual([]);
  return openVhdxReader(read, vhdx).read(0, diskSize);
}

/** As a thread does it: what is zeros is not written, and the frame with the first that is. */
async function copyTo(
  file: MemoryFile,
  { offset, frame }: Pick<CopyTo, 'offset' | 'frame'>,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += 4096) {
    const page = bytes.subarray(at, at + 4096);
    if (isZero(page)) continue;
    if (frame !== undefined) await file.write(frame.offset, frame.bytes);
    await file.write(offset + at, page);
  }
}

test.each(['vhd', 'vhdx'] as const)(
  'what others write into claimed blocks, in any order, makes a dense image: %s',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(runs, fc.integer({ min: 1, max: 5 }), async (all, atOnce) => {
        const file = new MemoryFile();
        const format =
          kind === 'vhd' ? vhdFormat(diskSize, identity) : vhdxFormat({ size: diskSize, sectorSize: 4096 }, identity);
        const image = InPlaceImage.create(name, lent(file), format);
        await image.begin();
        const model = new Uint8Array(diskSize);
        const going: (() => Promise<void>)[] = [];
        for (const run of all) {
          const bytes = bytesOf(run);
          model.set(bytes, run.grain * grainSize);
          const place = image.claim(run.grain, bytes.length);
          expect(place?.parts).toEqual([{ start: 0, end: bytes.length }]);
          if (place === undefined) throw new Error('no place');
          going.push(async () => {
            if (run.copied === 'all') await copyTo(file, place, bytes);
            if (run.copied === 'some') await file.write(place.offset, new Uint8Array(bytes.length - 4096).fill(0xbd));
            const holds = run.seed > 0;
            const isAll = run.copied === 'all';
            await image.settle(run.grain, holds || run.copied === 'some' ? (isAll ? 'all' : 'some') : 'nothing');
            if (run.copied === 'some') await image.clear(run.grain, run.count);
            if (run.copied !== 'all' && holds) await image.write(run.grain, bytes);
          });
          if (going.length >= atOnce) await going.shift()?.();
        }
        for (const end of going) await end();
        await image.finish();
        await image.flush();
        expect(Buffer.compare(await bytesIn(kind, file), model)).toBe(0);
        const held = new Set(
          all
            .filter(({ seed, copied }) => seed > 0 || copied === 'some')
            .map(({ grain }) => Math.floor((grain * grainSize) / format.blockSize)),
        );
        expect(file.bytes).toHaveLength(imageSize(format, held.size));
        expect(image.isDense).toBe(true);
      }),
      { numRuns: 30 },
    );
  },
);

test('nobody else writes where something was before, over two blocks, or where no number can be lent', async () => {
  const file = new MemoryFile();
  const first = InPlaceImage.create(name, lent(file), vhdFormat(diskSize, identity));
  await first.begin();
  expect(first.claim(31, 2 * grainSize)).toBeUndefined();
  await first.write(0, new Uint8Array(grainSize).fill(1));
  // The block is new, and what is not written of it is zeros.
  expect(first.claim(1, grainSize)).toBeDefined();
  await first.settle(1, 'all');
  await first.finish();
  const second = await InPlaceImage.open(name, lent(file));
  await second.begin();
  expect(second.claim(2, grainSize)).toBeUndefined();
  expect(second.claim(64, grainSize)).toBeDefined();
  await expect(second.settle(128, 'all')).rejects.toThrow(RangeError);
  const plain = InPlaceImage.create(name, new MemoryFile(), vhdFormat(diskSize, identity));
  expect(plain.claim(0, grainSize)).toBeUndefined();
});
