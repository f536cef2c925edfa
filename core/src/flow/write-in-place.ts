import type { EngineServices, Report } from './engine.js';
import type { Held, Target } from '../contract/target.js';
import { CanonicalReader, type GrainRun, type PlaceOf } from './canonical-reader.js';
import { ChangeWriter, type Piece } from './change-writer.js';
import { findFreeBlocks } from './find-free-blocks.js';
import { FreeSlots } from './free-slots.js';
import { mapImage, mendImage } from './mend-image.js';
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
import { isNeeded } from '../image/needed.js';
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
  /** The newest version in this image, and the layer for what it loses. Absent on the first backup into it. */
  readonly base?: { readonly version: string; readonly disk: DiskRecord; readonly layer: LayerWriter };
  /** The image began as a copy of the one that this describes, which somebody else keeps. */
  readonly captured?: DiskRecord;
  /** The image is what a first backup left behind when it was cut: what it holds is read, and kept where it fits. */
  readonly unfinished: boolean;
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
 * version); what differs is displaced if a version needs it, and written. Space that no version uses any more becomes zeros.
 */
export async function writeInPlace(job: InPlaceJob, services: EngineServices, report: Report): Promise<InPlaceResult> {
  const { image, base, held } = job;
  const changes = new ChangeWriter(image, base?.layer, services.hasher, held, freeSlots(job, services));
  try {
    return await writeShards(job, changes, services, report);
  } finally {
    // Whoever hears of a failure may close the image at once.
    await changes.settled();
  }
}

async function writeShards(
  job: InPlaceJob,
  changes: ChangeWriter,
  services: EngineServices,
  report: Report,
): Promise<InPlaceResult> {
  const { hasher } = services;
  const zeroDigest = hasher.digest(new Uint8Array(grainSize));
  const shards: ShardEntry[] = [];
  const checkpoints = new Checkpoints(job.image, changes);
  const before = job.base?.disk ?? job.captured;
  // Where nothing was before, nothing has to be compared or kept before it is written.
  const isNew = before === undefined && !job.touched && !job.unfinished;
  const placeOf: PlaceOf = (grain, length) => (isNew ? job.image.claim(grain, length) : undefined);
  let done = 0;
  let damaged = 0;
  /** Bytes that the image which this one is a copy of does not share any more. */
  let apart = 0;
  if (job.touched) await job.image.mendFrames();
  for (let index = 0; index < shardCount(job.diskSize); index += 1) {
    const start = index * shardSize;
    const count = Math.min(grainsPerShard, grainCount(job.diskSize) - index * grainsPerShard);
    const known = await knownShard(job, index, count, services);
    // Most of a large disk may be empty, and remain so.
    if (known === undefined && !job.touched && !job.reader.hasRuns(start, start + count * grainSize)) continue;
    const old = known ?? new MapShard(index, count);
    const next = new MapShard(index, count);
    const bad =
      job.touched && !job.unfinished ? await mendImage(job.image, old, job.oldest, services) : new Set<number>();
    damaged += bad.size;
    for await (const run of job.reader.runs(start, start + count * grainSize, hasher, placeOf)) {
      await takeRun({ job, run, old, next, bad, changes, zeroDigest });
      if (job.base === undefined && job.captured === undefined) checkpoints.reached(changes.changedBytes);
      done += run.bytes.length;
      report({ event: 'progress', phase: 'read', disk: job.index, done, total: job.reader.size });
    }
    await leaveUnused(job, old, next, changes);
    if (job.captured !== undefined) apart += bytesApart(old, next);
    const kept = old.equals(next) ? before?.shards.find(({ shard }) => shard === index) : undefined;
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
    displacedBytes: changes.displacedBytes + apart,
    damaged: damaged + changes.damaged,
  };
}

/** Only of an image that is what its base recorded: of any other, nobody knows what is free. */
function freeSlots(
  { target, image, base, oldest, reader, touched, unfinished, held }: InPlaceJob,
  { hasher }: EngineServices,
): FreeSlots | undefined {
  if (base === undefined || touched || unfinished) return undefined;
  const blocks = findFreeBlocks({ target, image, base: base.disk, oldest, reader }, hasher);
  return new FreeSlots(image, base.layer, blocks, hasher, held);
}

/** What the image holds, as the maps of its newest version say, or as it can be read. */
async function knownShard(
  { target, base, captured, image, unfinished }: InPlaceJob,
  index: number,
  count: number,
  services: EngineServices,
): Promise<MapShard | undefined> {
  const before = base?.disk ?? captured;
  if (before !== undefined) return readShard(target, before, index, services.hasher);
  return unfinished ? mapImage(image, index, count, services) : undefined;
}

/** Headers written on the way must stay a small part of all that is written. */
const bytesPerHeaderByte = 64;
/** Written between two checkpoints. What a cut costs may be a small part of what was done, but not too much of anybody's time. */
const checkpointBytes = { least: 32 * 1024 * 1024, most: 512 * 1024 * 1024, part: 1 / 16 };

/** Lets a first image be gone on with, now and then. */
class Checkpoints {
  readonly #image: InPlaceImage;
  readonly #changes: ChangeWriter;
  #last = 0;
  #going = false;

  constructor(image: InPlaceImage, changes: ChangeWriter) {
    this.#image = image;
    this.#changes = changes;
  }

  reached(bytes: number): void {
    const { least, most, part } = checkpointBytes;
    const step = Math.max(least, Math.min(most, bytes * part), this.#image.format.headerSize * bytesPerHeaderByte);
    if (bytes - this.#last < step || this.#going) return;
    this.#last = bytes;
    this.#going = true;
    this.#changes.beside(async () => {
      await this.#image.checkpoint();
      this.#going = false;
    });
  }
}

interface RunOfShard {
  readonly job: InPlaceJob;
  readonly run: GrainRun;
  readonly old: MapShard;
  readonly next: MapShard;
  readonly bad: ReadonlySet<number>;
  readonly changes: ChangeWriter;
  readonly zeroDigest: Uint8Array;
}

async function takeRun(at: RunOfShard): Promise<void> {
  const { run, old, next, changes } = at;
  const count = run.bytes.length / grainSize;
  const pieces: Piece[] = [];
  /** First of the grains that wait to be written together. */
  let waiting = 0;
  const takeWaiting = (end: number): void => {
    if (end > waiting)
      pieces.push({ grain: run.grain + waiting, bytes: run.bytes.subarray(waiting * grainSize, end * grainSize) });
  };
  for (let i = 0; i < count; i += 1) {
    const grain = (run.grain + i) % grainsPerShard;
    const digest = run.digests.subarray(i * digestSize, (i + 1) * digestSize);
    const zero = equalBytes(digest, at.zeroDigest);
    if (zero) next.setZero(grain);
    else next.setData(grain, digest);
    const fate = fateOf(at, grain, zero);
    if (fate === 'write') continue;
    takeWaiting(i);
    waiting = i + 1;
    if (fate === 'clear') await changes.clear(run.grain + i);
    else if (fate !== 'keep') {
      const bytes = zero ? undefined : run.bytes.subarray(i * grainSize, (i + 1) * grainSize);
      const before = fate === 'displace-zeros' ? at.zeroDigest : old.digest(grain);
      await changes.displace(run.grain + i, bytes, {
        kind: fate === 'displace-zeros' ? 'zero' : 'data',
        digest: before,
      });
    }
  }
  takeWaiting(count);
  if (run.copied !== undefined) await changes.settle(run.grain, run.bytes.length, run.copied, pieces);
  if (run.copied === 'all') pieces.length = 0;
  if (pieces.length === 0) run.release();
  else await changes.write(pieces, run.release);
}

/** What becomes of a grain of the image whose new content is known. */
function fateOf(
  { job, old, next, bad, run }: RunOfShard,
  grain: number,
  zero: boolean,
): 'keep' | 'write' | 'clear' | 'displace-data' | 'displace-zeros' {
  const isOld = job.image.mayHoldBytes(run.grain - (run.grain % grainsPerShard) + grain);
  if (bad.has(grain)) return zero ? 'clear' : 'write';
  const isThere = isNeeded(old, grain, job.oldest);
  if (isThere && old.sameContent(next, grain)) return 'keep';
  if (isThere && job.base !== undefined) return old.kind(grain) === 'zero' ? 'displace-zeros' : 'displace-data';
  // What the image holds is not known: a run that was taken back may have written here, as nobody needs the place.
  if (zero) return old.kind(grain) !== 'absent' && isOld ? 'clear' : 'keep';
  // Space that no version uses holds zeros, and must again if this run is taken back.
  return isOld && job.base !== undefined ? 'displace-zeros' : 'write';
}

function bytesApart(old: MapShard, next: MapShard): number {
  let grains = 0;
  for (let grain = 0; grain < old.count; grain += 1)
    if (old.kind(grain) === 'data' && old.isLive(grain) && !old.sameContent(next, grain)) grains += 1;
  return grains * grainSize;
}

/** Grains that are no longer in use stay in the map as long as an older version reads them here; others become zeros. */
async function leaveUnused(
  { base, oldest }: InPlaceJob,
  old: MapShard,
  next: MapShard,
  changes: ChangeWriter,
): Promise<void> {
  for (let grain = 0; grain < old.count; grain += 1) {
    if (next.kind(grain) !== 'absent' || old.kind(grain) === 'absent') continue;
    if (base !== undefined && isNeeded(old, grain, oldest)) {
      next.copyFrom(old, grain);
      if (old.isLive(grain)) next.retire(grain, base.version);
    } else if (old.kind(grain) === 'data') await changes.clear(old.index * grainsPerShard + grain);
  }
}
