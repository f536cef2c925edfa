import { afterAll, expect, test } from '@jest/globals';
import { rm, stat, truncate, writeFile } from 'node:fs/promises';
import {
  changeTree,
  copyUnclean,
  fileSystemVariants,
  fillTree,
  hashTree,
  judgeFileSystem,
  makeFileSystem,
  makeScratch,
  run,
  withFileSystem,
  withLoop,
  type FileSystemVariant,
} from '@sysimage/fixtures';
import { listAt, numberAt, sysimageHere, textAt } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

/** A whole disk that is one volume, and what is done with it, under one name on a target of its own. */
class Trial {
  readonly image: { readonly path: string };
  readonly #variant: FileSystemVariant;
  readonly #folder: string;
  #copies = 0;

  constructor(variant: FileSystemVariant) {
    this.#variant = variant;
    this.#folder = scratch.at(`${variant.name} target`);
    this.image = { path: scratch.at(`${variant.name}.img`) };
  }

  /** The digests of what is in it now. */
  async fill(): Promise<ReadonlyMap<string, string>> {
    await run('mkdir', this.#folder);
    await writeFile(this.image.path, '');
    await truncate(this.image.path, this.#variant.size);
    await makeFileSystem(this.#variant, this.image);
    const largest = Math.min(this.#variant.size / 64, mebi);
    await withFileSystem(this.#variant, this.image, (place) => fillTree(place, { files: 90, seed: 1, largest }));
    return withFileSystem(this.#variant, this.image, async (place) => {
      await changeTree(place, 2, largest);
      return hashTree(place);
    });
  }

  /** What `--json` says of the only volume. The disk has the sectors of the variant. */
  async backUp(): Promise<{ readonly volume: unknown; readonly allocated: number; readonly imageFormat: string }> {
    const backUp = (disk: string): Promise<unknown> =>
      sysimageHere('backup', '--disk', disk, '--to', `dir:${this.#folder}`, '--computer', 'pc', '--json');
    const { sectorSize } = this.#variant;
    const result =
      sectorSize === undefined
        ? await backUp(this.image.path)
        : await withLoop(this.image.path, { sectorSize }, backUp);
    const [volume] = listAt(result, 'version', 'disks', 0, 'volumes');
    const image = textAt(result, 'version', 'disks', 0, 'image');
    return {
      volume,
      allocated: numberAt(result, 'version', 'disks', 0, 'allocatedBytes'),
      imageFormat: image.slice(image.lastIndexOf('.') + 1),
    };
  }

  async restore(): Promise<{ readonly path: string }> {
    this.#copies += 1;
    const path = `${this.image.path}-${this.#copies}`;
    await sysimageHere('restore', 'latest', '--from', `dir:${this.#folder}`, '--disk', path, '--json');
    return { path };
  }

  async remove(): Promise<void> {
    await run('rm', '-r', this.#folder);
    await rm(this.image.path);
  }
}

test.each(fileSystemVariants.map((variant) => [variant.name, variant] as const))(
  '%s: clean by its blocks in use, unclean whole; both come back',
  async (_name, variant) => {
    const trial = new Trial(variant);
    const files = await trial.fill();
    const clean = await trial.backUp();
    expect(clean.volume).toMatchObject({ fileSystem: variant.type, consistency: 'clean', copied: 'used' });
    expect(clean.allocated).toBeLessThan(variant.size * 0.8);
    expect(clean.imageFormat).toBe(variant.sectorSize === 4096 ? 'vhdx' : 'vhd');
    const restored = await trial.restore();
    expect((await stat(restored.path)).size).toBe(variant.size);
    await judgeFileSystem(variant, restored);
    expect(await withFileSystem(variant, restored, hashTree, { readOnly: true })).toEqual(files);
    await rm(restored.path);

    // As it is when the machine stops: the journal, or who reads it, may want any block.
    const unclean = `${trial.image.path} unclean`;
    await copyUnclean(variant, trial.image, unclean);
    await run('mv', unclean, trial.image.path);
    const crashed = await trial.backUp();
    expect(crashed.volume).toMatchObject({ fileSystem: variant.type, consistency: 'crash', copied: 'whole' });
    const whole = await trial.restore();
    await run('cmp', trial.image.path, whole.path);
    if (variant.driver === 'kernel') {
      const replayed = await withFileSystem(variant, whole, hashTree);
      expect([...replayed.keys()]).toEqual(expect.arrayContaining([...files.keys(), 'unclean/durable']));
      // Without a journal nothing is put right by mounting it.
      if (variant.type !== 'ext2') await judgeFileSystem(variant, whole);
    }
    await rm(whole.path);
    await trial.remove();
  },
  120_000,
);
