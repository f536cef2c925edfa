import { isSysimageError } from '../contract/errors.js';
import type { EngineServices, Report } from './engine.js';
import type { Held, Target } from '../contract/target.js';
import { CanonicalReader, type GrainRun } from './canonical-reader.js';
import { ChangeWriter } from './change-writer.js';
import {
  digestSize,
  equalBytes,
  grainCount,
  grainSize,
  grainsPerShard,
  shardCount,
  shardSize,
} from '../image/grain.js';
import type { InPlaceImage } from '../image/in-place-image.js';
import type { LayerWriter } from '../image/layer-writer.js';
import { MapShard } from '../image/map-shard.js';
import type { ComputerNames } from '../image/names.js';
import { putBytes } from '../image/object-io.js';
import { readShard } from '../image/read-map.js';
import type { DiskRecord, ShardEntry } from '../model/version-record.js';

export interface InPlaceJob {
  readonly target: Target<'random'>;
  readonly names: ComputerNames;
  readonly run: string;
  readonly key: string;
  readonly index: number;
  readonly reader: CanonicalReader;
  readonly diskSize: number;
  readonly image: InPlaceImage;
  /** The newest version in this image, and the layer for what it loses. Absent on the first backup. */
  readonly base?: { readonly version: string; readonly disk: DiskRecord; readonly layer: LayerWriter };
  /** Id of the oldest version that must stay readable. */
  readonly oldest: string | undefined;
  /** The image is not in the state that the base recorded: what it holds is checked before it is believed. */
  readonly touched: boolean;
  readonly held: Held;
}

export interface InPlaceResult {
  readonly shards: readonly ShardEntry[];
  readonly changedBytes: number;
  readonly displacedBytes: number;
  /** Grains of older versions that were found damaged. */
  readonly damaged: number;
}

/**
 * Brings an image up to date with a disk, shard by shard: every grain in use is read and compared with what the image map says
 * the image holds (not with the last allocation map: a grain that was freed and is used again may still belong to an older
 * version); what differs is displaced if a version needs it, and written.
 */
export async function writeInPlace(job: InPlaceJob, services: EngineServices, report: Report): Promise<InPlaceResult> {
  const { hasher } = services;
  const changes = new ChangeWriter(job.image, job.base?.layer, hasher, job.held);
  const zeroDigest = hasher.digest(new Uint8Array(grainSize));
  const shards: ShardEntry[] = [];
  let done = 0;
  let damaged = 0;
  for (let index = 0; index < shardCount(job.diskSize); index += 1) {
    const start = index * shardSize;
    const count = Math.min(grainsPerShard, grainCount(job.diskSize) - index * grainsPerShard);
    const old = job.base === undefined ? undefined : await readShard(job.target, job.base.disk, index, hasher);
    const next = new MapShard(index, count);
    const bad = job.touched && old !== undefined ? await damagedGrains(job.image, old, services) : new Set<number>();
    damaged += bad.size;
    for await (const run of job.reader.runs(start, start + count * grainSize)) {
      await takeRun({ run, old, next, bad, oldest: job.oldest, changes, zeroDigest }, services);
      done += run.bytes.length;
      report({ event: 'progress', phase: 'read', disk: job.index, done, total: job.reader.size });
    }
    if (old !== undefined && job.base !== undefined) retireUnused(old, next, job.base.version, job.oldest);
    const kept = old?.equals(next) === true ? job.base?.disk.shards.find(({ shard }) => shard === index) : undefined;
    if (kept !== undefined) shards.push(kept);
    else if (!next.isEmpty) {
      const name = job.names.shard(job.key, job.run, index);
      const put: Target['put'] = (...call) => job.target.put(...call);
      shards.push({ ...(await putBytes(put, name, next.encode(hasher), hasher)), shard: index });
    }
  }
  await changes.flushBatch();
  return {
    shards,
    changedBytes: changes.changedBytes,
    displacedBytes: changes.displacedBytes,
    damaged: damaged + changes.damaged,
  };
}

interface RunOfShard {
  readonly run: GrainRun;
  readonly old: MapShard | undefined;
  readonly next: MapShard;
  readonly bad: ReadonlySet<number>;
  readonly oldest: string | undefined;
  readonly changes: ChangeWriter;
  readonly zeroDigest: Uint8Array;
}

async function takeRun(at: RunOfShard, { hasher }: EngineServices): Promise<void> {
  const { run, old, next, changes } = at;
  const digests = await hasher.digestEach(run.bytes, grainSize);
  const count = run.bytes.length / grainSize;
  /** First of the grains that wait to be written together. */
  let waiting = 0;
  const writeWaiting = async (end: number): Promise<void> => {
    if (end > waiting)
      await changes.write(run.grain + waiting, run.bytes.subarray(waiting * grainSize, end * grainSize));
  };
  for (let i = 0; i < count; i += 1) {
    const grain = (run.grain + i) % grainsPerShard;
    const digest = digests.subarray(i * digestSize, (i + 1) * digestSize);
    const zero = equalBytes(digest, at.zeroDigest);
    if (zero) next.setZero(grain);
    else next.setData(grain, digest);
    const unchanged = old?.sameContent(next, grain) === true;
    const needed = old !== undefined && isNeeded(old, grain, at.oldest) && !at.bad.has(grain);
    if (!zero && !needed && (!unchanged || at.bad.has(grain))) continue;
    await writeWaiting(i);
    waiting = i + 1;
    if (unchanged && !at.bad.has(grain)) continue;
    if (needed) {
      const bytes = zero ? undefined : run.bytes.subarray(i * grainSize, (i + 1) * grainSize);
      const kind = old.kind(grain) === 'zero' ? 'zero' : 'data';
      await changes.displace(run.grain + i, bytes, { kind, digest: old.digest(grain) });
    } else if (zero) await changes.clear(run.grain + i);
  }
  await writeWaiting(count);
}

/** True when a retained version reads this grain of the image. */
function isNeeded(old: MapShard, grain: number, oldest: string | undefined): boolean {
  if (old.kind(grain) === 'absent') return false;
  const owner = old.retiredBy(grain);
  return owner === undefined || (oldest !== undefined && owner >= oldest);
}

/** Grains that are no longer in use stay in the map as long as an older version reads them here. */
function retireUnused(old: MapShard, next: MapShard, base: string, oldest: string | undefined): void {
  for (let grain = 0; grain < old.count; grain += 1) {
    if (next.kind(grain) !== 'absent' || !isNeeded(old, grain, oldest)) continue;
    next.copyFrom(old, grain);
    if (old.isLive(grain)) next.retire(grain, base);
  }
}

/** Grains of a shard whose bytes in the image are not what the map says. */
async function damagedGrains(
  image: InPlaceImage,
  old: MapShard,
  { hasher }: EngineServices,
): Promise<ReadonlySet<number>> {
  const bad = new Set<number>();
  const bytes = new Uint8Array(grainSize);
  for (let grain = 0; grain < old.count; grain += 1) {
    if (old.kind(grain) !== 'data') continue;
    const readable = await image.read(old.index * grainsPerShard + grain, bytes).then(
      () => true,
      (error: unknown) => {
        if (isSysimageError(error, 'corrupt')) return false;
        throw error;
      },
    );
    if (!readable || !equalBytes(hasher.digest(bytes), old.digest(grain))) bad.add(grain);
  }
  return bad;
}
