import { ExtentSetBuilder, type ExtentSet } from '@sysimage/extents';
import { isSysimageError } from '../contract/errors.js';
import type { DirectRead } from '../contract/direct-read.js';
import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import { readCatalog, type Catalog } from './catalog.js';
import { digestSize, equalBytes, grainSize, grainsPerShard, shardCount } from './grain.js';
import { findGrain } from './layer-reader.js';
import type { MapShard } from './map-shard.js';
import { corruptObject } from './object-io.js';
import { ObjectReader } from './object-reader.js';
import { readDigests, type CopyTo } from './read-digests.js';
import { readAllocation, readShard } from './read-map.js';
import { viewNow, type VersionView } from './version-view.js';

/** Where the bytes of a grain may lie: the first place whose bytes have the right digest counts. */
export interface Place {
  readonly name: ObjectName;
  readonly offset: number;
}

/** Maps that are kept: reads that go on side by side are near each other. */
const keptShards = 2;

/**
 * Reads one disk of one version, and writes nothing; whoever has read must close it. Reads may go on side by side. A run that is going on, or was cut, is read through its layer: when a
 * digest does not match, the reader looks again at what the run has displaced meanwhile before it calls the grain damaged.
 */
export class VersionReader {
  readonly disk: DiskRecord;
  readonly allocation: ExtentSet;
  readonly #target: Target;
  readonly #version: VersionRecord;
  readonly #folder: string;
  readonly #hasher: Hasher;
  readonly #options: CallOptions;
  readonly #objects: ObjectReader;
  #view: VersionView;
  readonly #shards = new Map<number, Promise<MapShard | undefined>>();

  private constructor(
    target: Target,
    version: VersionRecord,
    disk: DiskRecord,
    folder: string,
    allocation: ExtentSet,
    view: VersionView,
    hasher: Hasher,
    options: CallOptions,
  ) {
    this.#target = target;
    this.#version = version;
    this.disk = disk;
    this.#folder = folder;
    this.allocation = allocation;
    this.#view = view;
    this.#hasher = hasher;
    this.#options = options;
    this.#objects = new ObjectReader(target, options);
  }

  /** Errors: `corrupt` when a map, a layer or the image is not what the version recorded. */
  static async open(
    target: Target,
    catalog: Catalog,
    version: VersionRecord,
    disk: DiskRecord,
    hasher: Hasher,
    options: CallOptions = {},
  ): Promise<VersionReader> {
    const allocation = await readAllocation(target, disk, hasher, options);
    const view = await viewNow(target, catalog, version, disk, hasher, options);
    return new VersionReader(target, version, disk, catalog.folder, allocation, view, hasher, options);
  }

  /** What the version says of a grain: zeros, or bytes with this digest. `absent`: not part of the version. */
  async digestOf(grain: number): Promise<{ kind: 'absent' | 'zero' | 'data'; digest: Uint8Array }> {
    const shard = await this.#shardOf(grain);
    const at = grain % grainsPerShard;
    return shard?.isLive(at) === true
      ? { kind: shard.kind(at), digest: shard.digest(at) }
      : { kind: 'absent', digest: new Uint8Array(digestSize) };
  }

  /**
   * Fills `into` (whole grains) with canonical bytes from `grain` on, every digest checked; grains that are not part of the
   * version read as zeros. `copy`: a file for what it can write there while it reads; the result is what of `into` was written, and
   * right. When it rejects, anything may have been. Errors: `corrupt`, naming object and offset.
   */
  async read(grain: number, into: Uint8Array, copy?: CopyTo): Promise<ExtentSet> {
    for (;;) {
      const view = this.#view;
      const copied = new ExtentSetBuilder();
      const bad = await this.#tryRead(view, grain, into, copied, copy);
      if (bad === undefined) return copied.build();
      // Another read may have looked meanwhile.
      if (this.#view !== view) continue;
      const catalog = await readCatalog(this.#target, this.#folder, this.#hasher, this.#options);
      const now = await viewNow(this.#target, catalog, this.#version, this.disk, this.#hasher, this.#options);
      this.#view = now;
      if (now.state === view.state) {
        const place = this.#placesOf(now, bad)[0];
        throw corruptObject(
          this.#target,
          place?.name ?? this.disk.image.name,
          `grain ${bad} of disk ${this.disk.index} does not have the digest that version ${this.#version.id} recorded`,
          place?.offset ?? 0,
        );
      }
    }
  }

  /** What of the disk holds anything but zeros, in whole grains. */
  async data(): Promise<ExtentSet> {
    const found = new ExtentSetBuilder();
    for (const { shard: index } of this.disk.shards) {
      const shard = await this.#shardOf(index * grainsPerShard);
      for (let at = 0; at < (shard?.count ?? 0); at += 1) {
        if (shard?.kind(at) !== 'data' || !shard.isLive(at)) continue;
        const start = (index * grainsPerShard + at) * grainSize;
        found.add(start, start + grainSize);
      }
    }
    return found.build();
  }

  /** The grains whose bytes are not those of another version of the same disk, zeros included. */
  async changedSince(older: VersionReader): Promise<ExtentSet> {
    const found = new ExtentSetBuilder();
    for (let index = 0; index < shardCount(this.disk.layout.size); index += 1) {
      const [before, now] = [await older.#shardOf(index * grainsPerShard), await this.#shardOf(index * grainsPerShard)];
      for (let at = 0; at < (now?.count ?? before?.count ?? 0); at += 1) {
        if (sameBytes(before, now, at)) continue;
        const start = (index * grainsPerShard + at) * grainSize;
        found.add(start, start + grainSize);
      }
    }
    return found.build();
  }

  /** Where the bytes of a grain are read from now; `undefined`: it has none, or no place. */
  async placeOf(grain: number): Promise<Place | undefined> {
    return (await this.digestOf(grain)).kind === 'data' ? this.#placesOf(this.#view, grain)[0] : undefined;
  }

  /** Lets go of what reads have opened. */
  async close(): Promise<void> {
    await this.#objects.close();
  }

  /** The first grain that is not what it should be, or `undefined` when all are. */
  async #tryRead(
    view: VersionView,
    grain: number,
    into: Uint8Array,
    copied: ExtentSetBuilder,
    copy?: CopyTo,
  ): Promise<number | undefined> {
    const count = into.length / grainSize;
    const wanted: Wanted[] = [];
    for (let index = 0; index < count; index += 1) {
      const { kind, digest } = await this.digestOf(grain + index);
      const at = (grain + index) * grainSize;
      if (kind === 'absent' && this.allocation.touches(at, at + grainSize)) return grain + index;
      if (kind === 'data') wanted.push({ index, digest, places: this.#placesOf(view, grain + index) });
      else into.fill(0, index * grainSize, (index + 1) * grainSize);
    }
    for (let i = 0; i < wanted.length;) {
      const run = contiguous(wanted, i);
      const from = wanted[i];
      if (from === undefined) break;
      const [start, end] = [from.index * grainSize, (from.index + run) * grainSize];
      const part = into.subarray(start, end);
      const read = await readDigests(this.#hasher, {
        into: part,
        ...(copy === undefined ? {} : { copy: partOfCopy(copy, start, end) }),
        read: (direct) => this.#fetch(from.places[0], part, direct),
      });
      let isCopied = read.copied === 'all';
      for (let k = 0; k < run; k += 1) {
        const item = wanted[i + k];
        if (item === undefined) break;
        if (equalBytes(read.digests.subarray(k * digestSize, (k + 1) * digestSize), item.digest)) continue;
        const bytes = into.subarray(item.index * grainSize, (item.index + 1) * grainSize);
        if (!(await this.#fromOtherPlace(item.places.slice(1), bytes, item.digest))) return grain + item.index;
        isCopied = false;
      }
      if (isCopied) copied.add(start, end);
      i += run;
    }
    return undefined;
  }

  async #fromOtherPlace(places: readonly Place[], into: Uint8Array, digest: Uint8Array): Promise<boolean> {
    for (const place of places) {
      await this.#fetch(place, into);
      if (equalBytes(this.#hasher.digest(into), digest)) return true;
    }
    return false;
  }

  /** Fills with zeros what lies nowhere, or beyond the end of an object that grew or shrank meanwhile. */
  async #fetch(place: Place | undefined, into: Uint8Array, direct?: DirectRead): Promise<'as-read' | 'changed'> {
    try {
      if (place !== undefined) {
        await this.#objects.read(place.name, place.offset, into, direct);
        return 'as-read';
      }
    } catch (error) {
      // A short object is judged like wrong bytes: the digest decides, after another look at the layers.
      if (!isSysimageError(error, 'corrupt') && !isSysimageError(error, 'not-found')) throw error;
    }
    into.fill(0);
    return 'changed';
  }

  /** The first layer that has the grain; behind an unsealed one, whose last batch may be torn, also the image. */
  #placesOf({ layers, image }: VersionView, grain: number): readonly Place[] {
    const places: Place[] = [];
    for (const layer of layers) {
      const offset = findGrain(layer.index, grain);
      if (offset === undefined || offset === 0) continue;
      places.push({ name: layer.name, offset });
      if (layer.sealed) return places;
    }
    const at = grain * grainSize;
    const start = at < image.diskSize ? image.blockOffset(Math.floor(at / image.blockSize)) : undefined;
    if (start !== undefined) places.push({ name: this.disk.image.name, offset: start + (at % image.blockSize) });
    return places;
  }

  async #shardOf(grain: number): Promise<MapShard | undefined> {
    const index = Math.floor(grain / grainsPerShard);
    const known = this.#shards.get(index);
    if (known !== undefined) return known;
    const shard = readShard(this.#target, this.disk, index, this.#hasher, this.#options);
    const [first] = this.#shards.keys();
    if (this.#shards.size >= keptShards && first !== undefined) this.#shards.delete(first);
    this.#shards.set(index, shard);
    // The next read may have more luck.
    shard.catch(() => this.#shards.delete(index));
    return shard;
  }
}

/** A grain that a read has to fetch. `index`: its place in the read. */
interface Wanted {
  readonly index: number;
  readonly digest: Uint8Array;
  readonly places: readonly Place[];
}

/** The same file, for the bytes `[start, end)` of what is read. */
function partOfCopy(copy: CopyTo, start: number, end: number): CopyTo {
  const parts = copy.parts.flatMap((part) =>
    part.start < end && start < part.end
      ? [{ start: Math.max(part.start, start) - start, end: Math.min(part.end, end) - start }]
      : [],
  );
  return { ...copy, offset: copy.offset + start, parts };
}

/** How many items from `start` on lie one after the other, on the disk and in one object. */
function contiguous(items: readonly Wanted[], start: number): number {
  let end = start + 1;
  for (; end < items.length; end += 1) {
    const [before, here] = [items[end - 1], items[end]];
    if (here?.index !== (before?.index ?? 0) + 1) break;
    const [last, place] = [before?.places[0], here.places[0]];
    if (place?.name !== last?.name) break;
    if (place !== undefined && place.offset !== (last?.offset ?? 0) + grainSize) break;
  }
  return end - start;
}

/** What is not part of a version reads as zeros. */
function sameBytes(a: MapShard | undefined, b: MapShard | undefined, grain: number): boolean {
  const [inA, inB] = [a, b].map((shard) =>
    shard?.isLive(grain) === true && shard.kind(grain) === 'data' ? shard : undefined,
  );
  if (inA === undefined || inB === undefined) return inA === inB;
  return equalBytes(inA.digest(grain), inB.digest(grain));
}
