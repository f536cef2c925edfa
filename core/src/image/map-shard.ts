import { ByteView } from '@sysimage/bytes';
import type { Hasher } from '../contract/services.js';
import { digestSize, equalBytes, grainsPerShard } from './grain.js';

/** What the image holds for a grain: nothing that a retained version needs, zeros, or bytes with a digest. */
export type GrainKind = 'absent' | 'zero' | 'data';

const kinds = ['absent', 'zero', 'data'] as const;
const magic = 'SYSIMGM1';
const headerSize = 64;
const ownerSize = 32;
const runSize = 12;

/**
 * One GiB of an image map: for every grain whose bytes in the image belong to a retained version, the digest and the newest
 * version that uses it.
 *
 * A grain is *live* in every version whose record names this shard. A grain that such a version no longer uses is *retired*:
 * `retiredBy` names the newest version that did. So a shard in which nothing changed is shared by many versions as it is.
 */
export class MapShard {
  readonly index: number;
  readonly count: number;
  readonly #kinds: Uint8Array;
  readonly #retired: Uint16Array;
  readonly #digests: Uint8Array;
  readonly #owners: string[] = [];

  /** `count`: grains in this shard, at most `grainsPerShard`. */
  constructor(index: number, count: number) {
    if (count < 1 || count > grainsPerShard) throw new RangeError(`a shard of ${count} grains`);
    this.index = index;
    this.count = count;
    this.#kinds = new Uint8Array(count);
    this.#retired = new Uint16Array(count);
    this.#digests = new Uint8Array(count * digestSize);
  }

  kind(grain: number): GrainKind {
    return kinds[this.#kinds[grain] ?? 0] ?? 'absent';
  }

  /** The digest of a `data` grain: a window, not a copy. */
  digest(grain: number): Uint8Array {
    return this.#digests.subarray(grain * digestSize, (grain + 1) * digestSize);
  }

  isLive(grain: number): boolean {
    return this.#kinds[grain] !== 0 && this.#retired[grain] === 0;
  }

  /** The newest version that uses a retired grain; `undefined` when it is live or absent. */
  retiredBy(grain: number): string | undefined {
    const owner = this.#retired[grain] ?? 0;
    return owner === 0 ? undefined : this.#owners[owner - 1];
  }

  setZero(grain: number): void {
    this.#kinds[grain] = 1;
  }

  setData(grain: number, digest: Uint8Array): void {
    this.#kinds[grain] = 2;
    this.#digests.set(digest, grain * digestSize);
  }

  retire(grain: number, version: string): void {
    let owner = this.#owners.indexOf(version);
    if (owner < 0) owner = this.#owners.push(version) - 1;
    this.#retired[grain] = owner + 1;
  }

  /** Takes over what another shard says of a grain, live or retired. */
  copyFrom(other: MapShard, grain: number): void {
    const kind = other.kind(grain);
    if (kind === 'zero') this.setZero(grain);
    else if (kind === 'data') this.setData(grain, other.digest(grain));
    const owner = other.retiredBy(grain);
    if (owner !== undefined) this.retire(grain, owner);
  }

  /** True when both hold the same bytes for a grain. */
  sameContent(other: MapShard, grain: number): boolean {
    if (this.#kinds[grain] !== other.#kinds[grain]) return false;
    return this.#kinds[grain] !== 2 || equalBytes(this.digest(grain), other.digest(grain));
  }

  equals(other: MapShard): boolean {
    if (this.index !== other.index || this.count !== other.count) return false;
    for (let grain = 0; grain < this.count; grain += 1) {
      if (!this.sameContent(other, grain) || this.retiredBy(grain) !== other.retiredBy(grain)) return false;
    }
    return true;
  }

  get isEmpty(): boolean {
    return this.#kinds.every((kind) => kind === 0);
  }

  /** Format `sysimage-map/1`, see `docs/formats/map.md`. */
  encode(hasher: Hasher): Uint8Array {
    const runs = this.#runs();
    const data = this.#kinds.reduce((sum, kind) => sum + (kind === 2 ? 1 : 0), 0);
    const ownersAt = headerSize;
    const runsAt = ownersAt + this.#owners.length * ownerSize;
    const digestsAt = runsAt + runs.length * runSize;
    const bytes = new Uint8Array(digestsAt + data * digestSize);
    const view = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode(magic), 0);
    view.setUint32(8, this.index, true);
    view.setUint32(12, this.count, true);
    view.setUint32(16, this.#owners.length, true);
    view.setUint32(20, runs.length, true);
    view.setUint32(24, data, true);
    this.#owners.forEach((owner, i) => bytes.set(new TextEncoder().encode(owner), ownersAt + i * ownerSize));
    runs.forEach((run, i) => {
      const at = runsAt + i * runSize;
      view.setUint32(at, run.start, true);
      view.setUint32(at + 4, run.length, true);
      view.setUint16(at + 8, run.kind, true);
      view.setUint16(at + 10, run.retired, true);
    });
    let at = digestsAt;
    for (let grain = 0; grain < this.count; grain += 1) {
      if (this.#kinds[grain] !== 2) continue;
      bytes.set(this.digest(grain), at);
      at += digestSize;
    }
    bytes.set(hasher.digest(bytes), 32);
    return bytes;
  }

  /** Throws `FormatError` when the bytes are not a whole shard. */
  static decode(bytes: Uint8Array, hasher: Hasher, name: string): MapShard {
    const view = new ByteView(bytes, name);
    if (view.latin1(0, 8) !== magic) throw view.corrupt('is not an image map');
    const blank = bytes.slice();
    blank.fill(0, 32, headerSize);
    if (!equalBytes(hasher.digest(blank), view.slice(32, digestSize))) throw view.corrupt('digest does not match', 32);
    const count = view.u32le(12);
    if (count < 1 || count > grainsPerShard) throw view.corrupt(`${count} grains`, 12);
    const shard = new MapShard(view.u32le(8), count);
    const [ownerCount, runCount] = [view.u32le(16), view.u32le(20)];
    const runsAt = headerSize + ownerCount * ownerSize;
    let digestAt = runsAt + runCount * runSize;
    for (let i = 0; i < ownerCount; i += 1) {
      shard.#owners.push(view.latin1(headerSize + i * ownerSize, ownerSize).replace(/\0+$/u, ''));
    }
    let next = 0;
    for (let i = 0; i < runCount; i += 1) {
      const at = runsAt + i * runSize;
      const [start, length, kind, retired] = [
        view.u32le(at),
        view.u32le(at + 4),
        view.u16le(at + 8),
        view.u16le(at + 10),
      ];
      if (start < next || length < 1 || start + length > count || kind < 1 || kind > 2 || retired > ownerCount) {
        throw view.corrupt('a run is out of order', at);
      }
      next = start + length;
      shard.#kinds.fill(kind, start, next);
      shard.#retired.fill(retired, start, next);
      if (kind !== 2) continue;
      shard.#digests.set(view.slice(digestAt, length * digestSize), start * digestSize);
      digestAt += length * digestSize;
    }
    if (digestAt !== bytes.length) throw view.corrupt('has bytes left over', digestAt);
    return shard;
  }

  #runs(): { start: number; length: number; kind: number; retired: number }[] {
    const runs: { start: number; length: number; kind: number; retired: number }[] = [];
    for (let grain = 0; grain < this.count; grain += 1) {
      const kind = this.#kinds[grain] ?? 0;
      const retired = this.#retired[grain] ?? 0;
      if (kind === 0) continue;
      const last = runs.at(-1);
      if (last?.kind === kind && last.retired === retired && last.start + last.length === grain) last.length += 1;
      else runs.push({ start: grain, length: 1, kind, retired });
    }
    return runs;
  }
}
