import type { ExtentSet } from '@sysimage/extents';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import type { DiskRecord } from '../model/version-record.js';
import { decodeExtents } from './extent-codec.js';
import { MapShard } from './map-shard.js';
import { asCorrupt, corruptObject, readStored } from './object-io.js';

/** A shard of the map of a version; `undefined` when it is empty. */
export async function readShard(
  target: Target,
  disk: DiskRecord,
  index: number,
  hasher: Hasher,
  options?: CallOptions,
): Promise<MapShard | undefined> {
  const entry = disk.shards.find((shard) => shard.shard === index);
  if (entry === undefined) return undefined;
  try {
    const shard = MapShard.decode(await readStored(target, entry, hasher, options), hasher, entry.name);
    if (shard.index !== index) throw corruptObject(target, entry.name, `is shard ${shard.index}, not ${index}`);
    return shard;
  } catch (error) {
    throw asCorrupt(error, entry.name);
  }
}

export async function readAllocation(
  target: Target,
  disk: DiskRecord,
  hasher: Hasher,
  options?: CallOptions,
): Promise<ExtentSet> {
  const { allocation, layout } = disk;
  try {
    return decodeExtents(await readStored(target, allocation, hasher, options), layout.size, hasher, allocation.name);
  } catch (error) {
    throw asCorrupt(error, allocation.name);
  }
}
