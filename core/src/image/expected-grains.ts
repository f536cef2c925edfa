import { isSysimageError } from '../contract/errors.js';
import type { ImageCheck } from './check-image.js';
import { grainCount, grainsPerShard } from './grain.js';
import type { MapShard } from './map-shard.js';
import { isNeeded } from './needed.js';
import { readShard } from './read-map.js';

/** Maps kept: slots follow the order in which blocks were first used, so neighbours mostly share one. */
const keptShards = 8;

/** What the image must hold for each grain, from the maps of its newest version. */
export class ExpectedGrains {
  readonly #check: ImageCheck;
  readonly #shards = new Map<number, MapShard | undefined>();

  constructor(check: ImageCheck) {
    this.#check = check;
  }

  /** `undefined` when it is empty; a map that is damaged itself is told of elsewhere, and then anything may be in the image. */
  async shard(index: number): Promise<MapShard | undefined> {
    if (this.#shards.has(index)) return this.#shards.get(index);
    const { target, disk, hasher, options } = this.#check;
    const shard = await readShard(target, disk, index, hasher, options).catch((error: unknown) => {
      if (isSysimageError(error, 'corrupt')) return undefined;
      throw error;
    });
    const [first] = this.#shards.keys();
    if (this.#shards.size >= keptShards && first !== undefined) this.#shards.delete(first);
    this.#shards.set(index, shard);
    return shard;
  }

  async of(grain: number): Promise<'zeros' | 'anything' | Uint8Array> {
    const { disk, oldest } = this.#check;
    if (grain >= grainCount(disk.layout.size)) return 'zeros';
    const index = Math.floor(grain / grainsPerShard);
    const shard = await this.shard(index);
    if (shard === undefined) return disk.shards.some((entry) => entry.shard === index) ? 'anything' : 'zeros';
    const at = grain % grainsPerShard;
    const kind = shard.kind(at);
    if (kind === 'absent') return 'zeros';
    if (!isNeeded(shard, at, oldest)) return 'anything';
    return kind === 'zero' ? 'zeros' : shard.digest(at);
  }
}
