import { SysimageError } from '../contract/errors.js';
import type { Hasher } from '../contract/services.js';
import type { Held, Target } from '../contract/target.js';
import type { LayerEntry } from '../model/version-record.js';
import { checkLayer } from './check-layer.js';
import { digestSize, equalBytes, grainSize, grainsPerShard } from './grain.js';
import { guardFile } from './guarded-file.js';
import { readBatches, type Layer } from './layer-reader.js';
import { LayerWriter, type LayerPiece } from './layer-writer.js';
import type { MapShard } from './map-shard.js';
import { dataBatches, grainsPerRead, zeroBatches, type SourceRun } from './merge-batches.js';
import type { ComputerNames } from './names.js';
import { corruptObject } from './object-io.js';
import { ObjectReader } from './object-reader.js';
import type { PreparedMerge } from './prepare-merge.js';
import { readAhead } from './read-ahead.js';
import { readShard } from './read-map.js';

/** Reads that go on while one is looked at. */
const readsAhead = 3;
const noBytes = new Uint8Array(0);

export interface MergeJob {
  readonly target: Target<'random'>;
  readonly names: ComputerNames;
  readonly merge: PreparedMerge;
  /** Of the compaction. */
  readonly id: string;
  readonly hasher: Hasher;
  readonly held: Held;
  readonly signal: AbortSignal | undefined;
  /** Hears how many bytes of grains were copied. */
  readonly onCopied: (bytes: number) => void;
}

/**
 * Writes the layer that several become, and reads it back. Nothing refers to it yet: whatever fails leaves what it is to replace as it
 * was. Errors: `corrupt` when a grain that a version needs is damaged: then its layer stays, and with it what can be told of it.
 */
export async function writeMerge(job: MergeJob): Promise<LayerEntry> {
  const { target, names, merge, held, id } = job;
  const { base, run } = rangeOf(merge);
  const name = names.mergedLayer(merge.disk.key, base, run, id);
  held.assertHeld();
  if ((await target.stat(name)) !== undefined)
    throw new SysimageError('already-exists', `${name} is there already`, { operation: 'compact', retry: 'later' });
  try {
    const entry = await write(job, name);
    await assertKept(job, entry);
    return entry;
  } catch (error) {
    await discard(job, name);
    throw error;
  }
}

/** Who takes the lease next sweeps it away, if this cannot. */
async function discard({ target, held }: MergeJob, name: LayerEntry['name']): Promise<void> {
  try {
    held.assertHeld();
    await target.remove(name);
  } catch {
    // What stopped the merge is what its user must hear of.
  }
}

/** From which version to which run the layers of a merge reach. */
function rangeOf({ layers }: PreparedMerge): { readonly base: string; readonly run: string } {
  return { base: layers[0]?.base ?? '', run: layers.at(-1)?.run ?? '' };
}

async function write(job: MergeJob, name: LayerEntry['name']): Promise<LayerEntry> {
  const { target, merge, hasher, held } = job;
  const { disk, before, index } = merge;
  const header = { ...rangeOf(merge), diskSize: disk.layout.size, imageLength: before.size };
  const file = guardFile(await target.facets.random.open(name, { create: true, exclusive: true }), held);
  try {
    const layer = await LayerWriter.create(name, header, file, hasher);
    await layer.append(before.parts.map((part) => ({ kind: 'file', ...part, digest: hasher.digest(part.bytes) })));
    for await (const pieces of copied(job)) await layer.append(pieces);
    const digest = hasher.digest(new Uint8Array(grainSize));
    for (const grains of zeroBatches(index))
      await layer.append(grains.map((position) => ({ kind: 'zero', position, digest, bytes: noBytes })));
    return await layer.seal();
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}

async function* copied(job: MergeJob): AsyncGenerator<readonly LayerPiece[]> {
  const { target, merge, signal, onCopied } = job;
  const objects = new ObjectReader(target, signal === undefined ? {} : { signal });
  const wanted = new WantedDigests(job);
  const read = async (run: SourceRun, buffer: Uint8Array): Promise<ReadRun> => {
    const bytes = buffer.subarray(0, run.count * grainSize);
    await objects.read(sourceOf(job, run).name, run.offset, bytes);
    return { run, bytes };
  };
  try {
    for (const batch of dataBatches(merge.index)) {
      if (signal?.aborted === true) throw new SysimageError('cancelled', 'cancelled', { operation: 'compact' });
      const pieces: LayerPiece[] = [];
      for await (const part of readAhead(batch, { ahead: readsAhead, size: grainsPerRead * grainSize }, read))
        pieces.push(...(await piecesOf(job, part, wanted)));
      yield pieces;
      onCopied(batch.reduce((sum, { count }) => sum + count * grainSize, 0));
    }
  } finally {
    await objects.close();
  }
}

interface ReadRun {
  readonly run: SourceRun;
  readonly bytes: Uint8Array;
}

async function piecesOf(job: MergeJob, { run, bytes }: ReadRun, wanted: WantedDigests): Promise<readonly LayerPiece[]> {
  const digests = await job.hasher.digestEach(bytes, grainSize);
  const layer = sourceOf(job, run);
  const pieces: LayerPiece[] = [];
  for (let i = 0; i < run.count; i += 1) {
    const position = run.grain + i;
    const found = digests.slice(i * digestSize, (i + 1) * digestSize);
    if (equalBytes(found, await wanted.of(position))) {
      // The buffer is used again.
      pieces.push({ kind: 'data', position, digest: found, bytes: bytes.slice(i * grainSize, (i + 1) * grainSize) });
      continue;
    }
    // What has its own digest, but not that of the base, was put there by a backup that healed the image: nobody can read it here.
    if (!equalBytes(found, await ownDigest(job, layer, position)))
      throw corruptObject(job.target, layer.name, `grain ${position} of the disk`, run.offset + i * grainSize);
  }
  return pieces;
}

/** What the base says of grains; they come in order. */
class WantedDigests {
  readonly #job: MergeJob;
  #number = -1;
  #shard: MapShard | undefined;

  constructor(job: MergeJob) {
    this.#job = job;
  }

  async of(grain: number): Promise<Uint8Array> {
    const { target, merge, hasher } = this.#job;
    const number = Math.floor(grain / grainsPerShard);
    if (number !== this.#number) {
      this.#shard = await readShard(target, merge.disk, number, hasher);
      this.#number = number;
    }
    return this.#shard?.digest(grain % grainsPerShard) ?? noBytes;
  }
}

function sourceOf({ merge }: MergeJob, { source }: SourceRun): Layer {
  const layer = merge.sources[source];
  if (layer === undefined) throw new RangeError(`layer ${source} of ${merge.sources.length}`);
  return layer;
}

/** What a layer says of a grain that it has. */
async function ownDigest({ target, merge, hasher }: MergeJob, layer: Layer, grain: number): Promise<Uint8Array> {
  const size = merge.layers.find(({ name }) => name === layer.name)?.size ?? 0;
  for await (const { items } of readBatches(target, layer.name, size, layer.header, hasher)) {
    const item = items.find(({ kind, position }) => kind === 'data' && position === grain);
    if (item !== undefined) return item.digest;
  }
  return noBytes;
}

/** What was written is there, to the last byte. */
async function assertKept({ target, hasher, signal }: MergeJob, entry: LayerEntry): Promise<void> {
  const options = signal === undefined ? {} : { options: { signal } };
  const check = { target, entry, hasher, wanted: () => true, onRead: () => undefined, ...options };
  for await (const { what, start } of checkLayer(check))
    throw corruptObject(target, entry.name, `it was just written, and ${what}`, start);
}
