import { openSync, closeSync, ftruncateSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import {
  changeTree,
  copyUnclean,
  fileSystemVariants,
  fillTree,
  hashTree,
  makeFileSystem,
  makeScratch,
  withFileSystem,
  type FileSystemVariant,
} from '@sysimage/fixtures';
import { rm } from 'node:fs/promises';
import { hashFiles } from './hash-files.js';
import { Machine, mebibyte, readImage, run } from './machine.js';

const scratch = await makeScratch();
const machine = new Machine();
afterAll(async () => {
  machine[Symbol.dispose]();
  await scratch.remove();
});

const byName = fileSystemVariants.map((variant) => [variant.name, variant] as const);

// That its allocated bytes alone are the same file system is tried where disks are backed up and restored, with the same variants.
test.each(byName)(
  '%s: told by its name, its files read, and unclean it is known to be',
  async (_name, variant) => {
    const { image, files: before } = await filled(variant);
    expect(before.size).toBeGreaterThan(50);

    if (!/xfs|btrfs/u.test(variant.type)) {
      expect(sorted(await hashFiles(image.path))).toEqual(sorted(before));
    }

    const found = await readImage(image.path);
    const blkid = (tag: string) => run('blkid', '-p', '-o', 'value', '-s', tag, image.path).trim() || undefined;
    expect(found).toMatchObject({
      type: variant.type,
      id: blkid('UUID'),
      label: blkid('LABEL'),
      state: 'clean',
      stateReason: undefined,
      noMapReason: undefined,
    });
    expect(found.allocated?.size).toBeLessThan(variant.size * 0.75);

    const unclean = machine.path('unclean.img');
    await copyUnclean(variant, image, unclean);
    expect(await readImage(unclean)).toMatchObject({ type: variant.type, state: 'unclean' });
    for (const path of [image.path, unclean]) await rm(path);
  },
  120_000,
);

function sorted(digests: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...digests].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Written, partly deleted, and written again, so that the free space is not all at the end. */
async function filled(
  variant: FileSystemVariant,
): Promise<{ readonly image: { readonly path: string }; readonly files: ReadonlyMap<string, string> }> {
  const path = scratch.at(`${variant.name}.img`);
  const file = openSync(path, 'w');
  ftruncateSync(file, variant.size);
  closeSync(file);
  await makeFileSystem(variant, { path });
  const largest = Math.min(variant.size / 64, 4 * mebibyte);
  await withFileSystem(variant, { path }, (folder) => fillTree(folder, { files: 120, seed: 1, largest }));
  const files = await withFileSystem(variant, { path }, async (folder) => {
    await changeTree(folder, 2, largest);
    return hashTree(folder);
  });
  return { image: { path }, files };
}
