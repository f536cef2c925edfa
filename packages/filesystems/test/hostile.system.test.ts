import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fill, Machine, mebibyte, readImage, run } from './machine.js';
import { survives } from './memory.js';

const machine = new Machine();
afterAll(() => machine[Symbol.dispose]());

const images: readonly (readonly [string, readonly string[], number])[] = [
  ['ntfs', ['mkntfs', '-FqQ', '-c', '512'], 8],
  ['ext', ['mke2fs', '-Fq', '-t', 'ext4', '-O', '^has_journal'], 8],
  ['ext', ['mke2fs', '-Fq', '-t', 'ext4', '-O', 'meta_bg,^resize_inode,^has_journal', '-b', '1024', '-g', '512'], 8],
  ['fat', ['mkfs.vfat', '-F', '16', '-s', '1'], 8],
];

test.each(images)(
  '%s by %j: flipped bits where the file system has its structures',
  async (kind, [command = '', ...options], size) => {
    const image = machine.image(size * mebibyte);
    run(command, ...options, image);
    if (kind !== 'fat') machine.mounted(image, kind === 'ntfs' ? 'ntfs' : 'ext', (root) => fill(root, 40, 0.2));
    const good = new Uint8Array(readFileSync(image));
    const { allocated } = await readImage(image);
    // Structures are what is not random: pieces that hold zeros.
    const places: number[] = [];
    for (const { start, end } of allocated ?? []) {
      for (let at = start; at + 512 <= end; at += 512) {
        if (
          good.subarray(at, at + 512).filter((byte) => byte === 0).length > 100 &&
          good.subarray(at, at + 512).some(Boolean)
        ) {
          places.push(at);
        }
      }
    }
    expect(places.length).toBeGreaterThan(2);
    const flip = fc.tuple(fc.constantFrom(...places), fc.nat(511), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 10 }), async (flips) => {
        const before = flips.map(([base, at]) => good[base + at] ?? 0);
        for (const [base, at, value] of flips) good[base + at] = value;
        try {
          await survives(good);
        } finally {
          flips.toReversed().forEach(([base, at], i) => (good[base + at] = before[flips.length - 1 - i] ?? 0));
        }
      }),
      { numRuns: 1500 },
    );
  },
);
