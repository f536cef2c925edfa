import { isZero } from '@sysimage/bytes';
import { isSysimageError } from '../contract/errors.js';
import { digestSize, equalBytes, grainSize, grainsPerShard } from '../image/grain.js';
import type { InPlaceImage } from '../image/in-place-image.js';
import { MapShard } from '../image/map-shard.js';
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
  services: EngineServices,
): Promise<ReadonlySet<number>> {
  const bad = new Set<number>();
  const holdsData = (grain: number): boolean => map.kind(grain) === 'data' && isNeeded(map, grain, oldest);
  for (let grain = 0; grain < map.count; grain += 1) if (holdsData(grain)) bad.add(grain);
  for await (const { grain, readable, zero, digest } of placedGrains(image, map.index, map.count, services)) {
    if (holdsData(grain)) {
      if (readable && equalBytes(digest, map.digest(grain))) bad.delete(grain);
    } else if (!zero) await image.clear(map.index * grainsPerShard + grain, 1);
  }
  return bad;
}

/** What an image that nobody has a map of holds: whatever it is, all of it is live. */
export async function mapImage(
  image: InPlaceImage,
  index: number,
  count: number,
  services: EngineServices,
): Promise<MapShard> {
  const map = new MapShard(index, count);
  for await (const { grain, readable, zero, digest } of placedGrains(image, index, count, services)) {
    if (!readable) map.setData(grain, noDigest);
    else if (!zero) map.setData(grain, digest);
  }
  return map;
}

/** No bytes have it. */
const noDigest = new Uint8Array(digestSize);

interface PlacedGrain {
  readonly grain: number;
  readonly readable: boolean;
  readonly zero: boolean;
  readonly digest: Uint8Array;
}

/** The grains of a shard that had a place in the image before this run. */
async function* placedGrains(
  image: InPlaceImage,
  index: number,
  count: number,
  { hasher }: EngineServices,
): AsyncGenerator<PlacedGrain> {
  const first = index * grainsPerShard;
  const buffer = new Uint8Array(grainsPerRun * grainSize);
  for (let at = 0; at < count; at += grainsPerRun) {
    const length = Math.min(grainsPerRun, count - at);
    // Runs do not cross blocks: what holds for the first grain holds for all.
    if (!image.mayHoldBytes(first + at)) continue;
    const bytes = buffer.subarray(0, length * grainSize);
    const lost = await readAround(image, first + at, bytes);
    const digests = await hasher.digestEach(bytes, grainSize);
    for (let i = 0; i < length; i += 1) {
      const readable = !lost.has(i);
      const zero = readable && isZero(bytes.subarray(i * grainSize, (i + 1) * grainSize));
      yield { grain: at + i, readable, zero, digest: digests.subarray(i * digestSize, (i + 1) * digestSize) };
    }
  }
}

/** Reads what can be read. The result: which grains of the run the medium has lost. */
async function readAround(image: InPlaceImage, grain: number, into: Uint8Array): Promise<ReadonlySet<number>> {
  const tryRead = async (at: number, part: Uint8Array): Promise<boolean> =>
    image.read(at, part).then(
      () => true,
      (error: unknown) => {
        if (isSysimageError(error, 'corrupt')) return false;
        throw error;
      },
    );
  const lost = new Set<number>();
  if (await tryRead(grain, into)) return lost;
  for (let i = 0; i < into.length / grainSize; i += 1) {
    const part = into.subarray(i * grainSize, (i + 1) * grainSize);
    if (!(await tryRead(grain + i, part))) lost.add(i);
  }
  return lost;
}
