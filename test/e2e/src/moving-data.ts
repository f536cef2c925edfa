import type { ToyDisk } from './toy-disk.js';

/** Blocks of the volume in a block of the image. */
const blocksPerPlace = 512;
/** Blocks of the image that `moveTo` uses in turn: the third to the sixth. A disk must have a block more, of 2 MiB. */
const places = 4;

/** The first block of the volume that lies in a block of the image. */
export function firstBlockOf(place: number): number {
  return (2 * place - 1) * 256;
}

/** Lets what fills one block of an image lie elsewhere, so that blocks become free and others come into use. `every`: so many are between used ones. */
export function moveTo(disk: ToyDisk, which: number, every: number, pattern: number): void {
  for (let place = 2; place < 2 + places; place += 1)
    for (let block = 0; block < blocksPerPlace; block += 1) disk.free(firstBlockOf(place) + block);
  const start = firstBlockOf(2 + (which % places));
  for (let block = 0; block < blocksPerPlace; block += every) disk.fill(start + block, pattern);
}

/** Grains come and go, so that some are freed, kept by an older version only, and used again; and whole blocks of the image. */
export function scatter(disk: ToyDisk, seed: number): void {
  let state = seed + 1;
  const next = (below: number): number => (state = (state * 1_103_515_245 + 12_345) & 0x7fffffff) % below;
  for (let i = 0; i < 6; i += 1) {
    const grain = 16 * (2 + next(40));
    const [pattern, free] = [next(4), next(3) === 0];
    for (let block = grain; block < grain + 16; block += 1) {
      if (free) disk.free(block);
      else disk.fill(block, pattern);
    }
  }
  moveTo(disk, next(places), 15, 1 + next(4));
}
