import { isZero } from '@sysimage/bytes';
import { isSysimageError } from '../contract/errors.js';
import { digestSize, equalBytes, grainSize, grainsPerShard } from '../image/grain.js';
import type { InPlaceImage } from '../image/in-place-image.js';
import type { MapShard } from '../image/map-shard.js';
import { isNeeded } from '../image/needed.js';
import type { EngineServices } from './engine.js';

/** Grains read at once: 1 MiB. */
const grainsPerRun = 16;

/**
 * Looks at what an image that somebody else may have touched holds, one shard of its map after the other: space that no version
 * uses is made zeros again, and the grains whose bytes are not what the map says are the result.
 */
export async function mendImage(
  image: InPlaceImage,
  map: MapShard,
  oldest: string | undefined,
  { hasher }: EngineServices,
): Promise<ReadonlySet<number>> {
  const bad = new Set<number>();
  const first = map.index * grainsPerShard;
  const buffer = new Uint8Array(grainsPerRun * grainSize);
  for (let at = 0; at < map.count; at += grainsPerRun) {
    const grains = Array.from({ length: Math.min(grainsPerRun, map.count - at) }, (_, i) => at + i);
    if (grains.every((grain) => !image.mayHoldBytes(first + grain))) {
      for (const grain of grains) if (map.kind(grain) === 'data' && isNeeded(map, grain, oldest)) bad.add(grain);
      continue;
    }
    const bytes = buffer.subarray(0, grains.length * grainSize);
    await readAround(image, first + at, bytes);
    const digests = await hasher.digestEach(bytes, grainSize);
    for (const [i, grain] of grains.entries()) {
      if (map.kind(grain) === 'data' && isNeeded(map, grain, oldest)) {
        if (!equalBytes(digests.subarray(i * digestSize, (i + 1) * digestSize), map.digest(grain))) bad.add(grain);
      } else if (!isZero(bytes.subarray(i * grainSize, (i + 1) * grainSize))) await image.clear(first + grain, 1);
    }
  }
  return bad;
}

/** What the medium has lost reads as something that has no digest of ours; the rest of the run is still read. */
async function readAround(image: InPlaceImage, grain: number, into: Uint8Array): Promise<void> {
  const tryRead = async (at: number, part: Uint8Array): Promise<boolean> =>
    image.read(at, part).then(
      () => true,
      (error: unknown) => {
        if (isSysimageError(error, 'corrupt')) return false;
        throw error;
      },
    );
  if (await tryRead(grain, into)) return;
  for (let i = 0; i < into.length / grainSize; i += 1) {
    const part = into.subarray(i * grainSize, (i + 1) * grainSize);
    if (!(await tryRead(grain + i, part))) part.fill(0xff);
  }
}
