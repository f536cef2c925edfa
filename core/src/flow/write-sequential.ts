import type { ExtentSet } from '@sysimage/extents';
import type { ObjectName } from '../contract/names.js';
import type { Target } from '../contract/target.js';
import { digestSize, equalBytes, grainCount, grainSize, grainsPerShard } from '../image/grain.js';
import { MapShard } from '../image/map-shard.js';
import type { ComputerNames } from '../image/names.js';
import { putBytes } from '../image/object-io.js';
import { streamImage, type SequentialPlan } from '../image/sequential-image.js';
import type { ShardEntry } from '../model/version-record.js';
import type { CanonicalReader } from './canonical-reader.js';
import type { EngineServices, Report } from './engine.js';

export interface SequentialJob {
  readonly put: Target['put'];
  readonly names: ComputerNames;
  readonly run: string;
  readonly key: string;
  readonly index: number;
  readonly image: ObjectName;
  readonly plan: SequentialPlan;
  readonly allocated: ExtentSet;
  readonly reader: CanonicalReader;
}

/**
 * Writes a disk as one new object, front to back. The digests are taken on the way; a `put` that starts again replaces them.
 */
export async function writeSequential(
  job: SequentialJob,
  services: EngineServices,
  report: Report,
): Promise<readonly ShardEntry[]> {
  const total = job.plan.blocks.length * job.plan.format.blockSize;
  let shards = new Map<number, MapShard>();
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    shards = new Map();
    let done = 0;
    yield* streamImage(job.plan, async (offset, into) => {
      await job.reader.read(offset, into);
      await takeDigests(job, shards, offset, into, services);
      done += into.length;
      report({ event: 'progress', phase: 'read', disk: job.index, done, total });
    });
  };
  await job.put(job.image, job.plan.size, chunks);
  const entries: ShardEntry[] = [];
  for (const [index, shard] of [...shards].sort(([a], [b]) => a - b)) {
    const name = job.names.shard(job.key, job.run, index);
    entries.push({ ...(await putBytes(job.put, name, shard.encode(services.hasher), services.hasher)), shard: index });
  }
  return entries;
}

async function takeDigests(
  job: SequentialJob,
  shards: Map<number, MapShard>,
  offset: number,
  bytes: Uint8Array,
  { hasher }: EngineServices,
): Promise<void> {
  const zero = hasher.digest(new Uint8Array(grainSize));
  const digests = await hasher.digestEach(bytes, grainSize);
  for (let i = 0; i * grainSize < bytes.length; i += 1) {
    const at = offset + i * grainSize;
    if (!job.allocated.touches(at, at + grainSize)) continue;
    const grain = at / grainSize;
    const index = Math.floor(grain / grainsPerShard);
    const count = Math.min(grainsPerShard, grainCount(job.plan.format.diskSize) - index * grainsPerShard);
    const shard = shards.get(index) ?? new MapShard(index, count);
    shards.set(index, shard);
    const digest = digests.subarray(i * digestSize, (i + 1) * digestSize);
    if (equalBytes(digest, zero)) shard.setZero(grain % grainsPerShard);
    else shard.setData(grain % grainsPerShard, digest);
  }
}
