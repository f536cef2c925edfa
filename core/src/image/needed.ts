import type { MapShard } from './map-shard.js';

/**
 * True when a retained version reads this grain in the image. `oldest`: the oldest version that must stay readable; `undefined`
 * when there is none.
 */
export function isNeeded(shard: MapShard, grain: number, oldest: string | undefined): boolean {
  if (shard.kind(grain) === 'absent') return false;
  const owner = shard.retiredBy(grain);
  return owner === undefined || (oldest !== undefined && owner >= oldest);
}
