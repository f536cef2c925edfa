import { ExtentSetBuilder, type ExtentSet } from '@sysimage/extents';
import { isSysimageError } from '../contract/errors.js';
import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import { readCatalog, type Catalog } from './catalog.js';
import { digestSize, equalBytes, grainSize, grainsPerShard, shardCount } from './grain.js';
import { findGrain } from './layer-reader.js';
import type { MapShard } from './map-shard.js';
import { corruptObject, readRange } from './object-io.js';
import { readAllocation, readShard } from './read-map.js';
import { viewVersion, type VersionView } from './version-view.js';

/** Where the bytes of a grain may lie: the first place whose bytes have the right digest counts. */
export interface Place {
  readonly name: ObjectName;
  readonly offset: number;
}

/**
 * Reads one disk of one version, and writes nothing. A run that is going on, or was cut, is read through its layer: when a
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
  #view: VersionView;
  #shard: MapShard | undefined;

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
    const view = await viewVersion(target, catalog, version, disk, hasher, options);
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
   * version read as zeros. Errors: `corrupt`, naming object and offset.
   */
  async read(grain: number, into: Uint8Array): Promise<void> {
    for (;;) {
      const bad = await this.#tryRead(grain, into);
      if (bad === undefined) return;
      const before = this.#view.state;
      const catalog = await readCatalog(this.#target, this.#folder, this.#hasher, this.#options);
      this.#view = await viewVersion(this.#target, catalog, this.#version, this.disk, this.#hasher, this.#options);
      if (this.#view.state === before) {
        const place = this.#placesOf(bad)[0];
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
    return (await this.digestOf(grain)).kind === 'data' ? this.#placesOf(grain)[0] : undefined;
  }

  /** The first grain that is not what it should be, or `undefined` when all are. */
  async #tryRead(grain: number, into: Uint8Array): Promise<number | undefined> {
    into.fill(0);
    const count = into.length / grainSize;
    const wanted: { index: number; digest: Uint8Array; places: readonly Place[] }[] = [];
    for (let index = 0; index < count; index += 1) {
      const { kind, digest } = await this.digestOf(grain + index);
      const at = (grain + index) * grainSize;
      if (kind === 'absent' && this.allocation.touches(at, at + grainSize)) return grain + index;
      if (kind === 'data') wanted.push({ index, digest: digest.slice(), places: this.#placesOf(grain + index) });
    }
    for (let i = 0; i < wanted.length;) {
      const run = contiguous(wanted.slice(i).map(({ index, places }) => ({ index, place: places[0] })));
      const from = wanted[i];
      if (from === undefined) break;
      const part = into.subarray(from.index * grainSize, (from.index + run) * grainSize);
      await this.#fetch(from.places[0], part);
      const digests = await this.#hasher.digestEach(part, grainSize);
      for (let k = 0; k < run; k += 1) {
        const item = wanted[i + k];
        if (item === undefined) break;
        if (equalBytes(digests.subarray(k * digestSize, (k + 1) * digestSize), item.digest)) continue;
        const bytes = into.subarray(item.index * grainSize, (item.index + 1) * grainSize);
        if (!(await this.#fromOtherPlace(item.places.slice(1), bytes, item.digest))) return grain + item.index;
      }
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
  async #fetch(place: Place | undefined, into: Uint8Array): Promise<void> {
    into.fill(0);
    if (place === undefined) return;
    try {
      into.set(await readRange(this.#target, place.name, place.offset, place.offset + into.length, this.#options));
    } catch (error) {
      // A short object is judged like wrong bytes: the digest decides, after another look at the layers.
      if (!isSysimageError(error, 'corrupt') && !isSysimageError(error, 'not-found')) throw error;
    }
  }

  /** The first layer that has the grain; behind an unsealed one, whose last batch may be torn, also the image. */
  #placesOf(grain: number): readonly Place[] {
    const places: Place[] = [];
    for (const layer of this.#view.layers) {
      const offset = findGrain(layer.index, grain);
      if (offset === undefined || offset === 0) continue;
      places.push({ name: layer.name, offset });
      if (layer.sealed) return places;
    }
    const { image } = this.#view;
    const at = grain * grainSize;
    const start = at < image.diskSize ? image.blockOffset(Math.floor(at / image.blockSize)) : undefined;
    if (start !== undefined) places.push({ name: this.disk.image.name, offset: start + (at % image.blockSize) });
    return places;
  }

  async #shardOf(grain: number): Promise<MapShard | undefined> {
    const index = Math.floor(grain / grainsPerShard);
    if (this.#shard?.index !== index)
      this.#shard = await readShard(this.#target, this.disk, index, this.#hasher, this.#options);
    return this.#shard;
  }
}

/** How many of the first items lie one after the other, on the disk and in one object. */
function contiguous(items: readonly { index: number; place: Place | undefined }[]): number {
  let run = 1;
  for (; run < items.length; run += 1) {
    const [before, here] = [items[run - 1], items[run]];
    if (here?.index !== (before?.index ?? 0) + 1) break;
    if (here.place?.name !== before?.place?.name) break;
    if (here.place !== undefined && here.place.offset !== (before?.place?.offset ?? 0) + grainSize) break;
  }
  return run;
}

/** What is not part of a version reads as zeros. */
function sameBytes(a: MapShard | undefined, b: MapShard | undefined, grain: number): boolean {
  const [inA, inB] = [a, b].map((shard) =>
    shard?.isLive(grain) === true && shard.kind(grain) === 'data' ? shard : undefined,
  );
  if (inA === undefined || inB === undefined) return inA === inB;
  return equalBytes(inA.digest(grain), inB.digest(grain));
}
