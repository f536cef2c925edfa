import { isSysimageError, SysimageError } from '../contract/errors.js';
import { isObjectName, type ObjectName } from '../contract/names.js';
import type { Target } from '../contract/target.js';
import { newestOf, readCatalog, type Catalog } from '../image/catalog.js';
import { grainSize } from '../image/grain.js';
import { readStamped } from '../image/read-stamped.js';
import { inShare, type Share, type Wanted } from '../image/share.js';
import { VersionReader } from '../image/version-reader.js';
import { byPlace, type Damage, type FoundDamage } from '../model/damage.js';
import type { VerifyPoint } from '../model/verify-point.js';
import { computerRecordSchema, type DiskRecord, type VersionRecord } from '../model/version-record.js';
import type { EngineServices, Report } from './engine.js';
import { findDamage } from './find-damage.js';
import { findGone } from './find-gone.js';
import { assertNotCancelled, eachRun, grainRuns, type RunOfGrains } from './restore-runs.js';
import { sameState, verifyState } from './verify-state.js';
import { whomDamageHits } from './whom-damage-hits.js';

export interface VerifyRequest {
  readonly target: Target;
  readonly catalog: Catalog;
  /** Only what this version needs; without it, every byte of every version. */
  readonly version?: VersionRecord;
  /** Only so much of the bytes that versions hold; records and maps are read all the same. */
  readonly share?: Share;
  /** Go on from here, if what is on the target is still the same. */
  readonly from?: VerifyPoint;
  /** Hears how far it has come, after every read. */
  readonly onPoint?: (point: VerifyPoint) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyResult {
  /** Bytes that were read and compared with what was written. */
  readonly bytes: number;
  readonly versions: readonly { readonly id: string; readonly whole: boolean }[];
  /** By object and place, whichever was found first. */
  readonly damages: readonly Damage[];
  /** What was divided into shares: all objects, or the disks of versions. Shares of one do not complete those of the other. */
  readonly of: 'objects' | 'versions';
  /** False when a point was given that is of no use any more, so that everything was read. */
  readonly resumed: boolean;
}

/**
 * Reads versions back and compares every byte with the digests that were recorded. Writes nothing, needs no lease, and may go on
 * beside a backup.
 */
export async function verify(request: VerifyRequest, services: EngineServices, report: Report): Promise<VerifyResult> {
  const run = new Verification(request, await verifyState(request, services.hasher), services, report);
  if (request.version !== undefined) {
    await run.readVersion(request.version);
    return run.result([request.version]);
  }
  const { catalog } = request;
  // Nothing was found damaged where nothing is: that must not look as if all were well.
  if (catalog.versions.length === 0 && catalog.lost.length === 0)
    throw new SysimageError('not-found', `there are no versions on ${request.target.traits.location}`, {
      operation: 'verify',
    });
  await run.checkRecords();
  // While a run is open, images hold bytes of it; and behind a record that cannot be read, bytes that nobody can tell: then every
  // version is read as a restore would.
  if (catalog.openRuns.length === 0 && !hasLostNewer(catalog)) {
    const found = await run.findDamage();
    if (found.length === 0 || !(await run.hasMovedOn())) {
      await run.tell(found);
      return run.result(catalog.versions, 'objects');
    }
  }
  for (const version of run.catalog.versions) await run.readVersion(version);
  return run.result(run.catalog.versions);
}

/** True when a lost version may have changed an image after the newest version of it that can be read. */
function hasLostNewer(catalog: Catalog): boolean {
  const newest =
    catalog.lost
      .map(({ id }) => id)
      .toSorted()
      .at(-1) ?? '';
  return catalog.versions.some(({ disks }) =>
    disks.some(({ image }) => (newestOf(catalog, image.name)?.id ?? newest) < newest),
  );
}

class Verification {
  readonly #request: VerifyRequest;
  readonly #services: EngineServices;
  readonly #report: Report;
  readonly #damages: Damage[] = [];
  /** As it was when it was last read. */
  catalog: Catalog;
  readonly #inShare: Wanted;
  readonly #state: string;
  #bytes = 0;
  #from: VerifyPoint | undefined;
  readonly #resumed: boolean;

  constructor(request: VerifyRequest, state: string, services: EngineServices, report: Report) {
    this.#request = request;
    this.catalog = request.catalog;
    this.#services = services;
    this.#report = report;
    this.#inShare = inShare(request.share, services.hasher);
    this.#state = state;
    this.#from = request.from?.state === this.#state ? request.from : undefined;
    this.#resumed = this.#from !== undefined;
    for (const damage of this.#from?.damages ?? []) this.#add(damage);
  }

  result(versions: readonly VersionRecord[], of: VerifyResult['of'] = 'versions'): VerifyResult {
    const hit = new Set(this.#damages.flatMap((damage) => damage.versions));
    return {
      bytes: this.#bytes,
      versions: versions.map(({ id }) => ({ id, whole: !hit.has(id) })),
      damages: this.#damages.toSorted(byPlace),
      of,
      resumed: this.#resumed,
    };
  }

  /** Records that cannot be read: `readCatalog` has looked at their digests already. */
  async checkRecords(): Promise<void> {
    const { target, catalog } = this.#request;
    const { names } = catalog;
    for (const { id, reason } of catalog.lost) {
      this.#add({ ...(await this.#whole(names.version(id))), what: reason, versions: [id] });
    }
    for (const { id, reason } of catalog.lostCompactions)
      this.#add({ ...(await this.#whole(names.compaction(id))), what: reason, versions: [] });
    const computer = await readStamped(target, names.computer, computerRecordSchema, this.#services.hasher);
    if (typeof computer === 'string') {
      this.#add({ ...(await this.#whole(names.computer)), what: computer, versions: [] });
    }
    for (const { run, startedAt } of catalog.openRuns) {
      if (startedAt !== '') continue;
      this.#add({ ...(await this.#whole(names.run(run))), what: 'the mark of a run cannot be read', versions: [] });
    }
  }

  /** Every object that versions name, each once. Reports nothing yet. */
  async findDamage(): Promise<readonly FoundDamage[]> {
    const { target, catalog, signal, share } = this.#request;
    let total = 0;
    const from = this.#from;
    this.#from = undefined;
    this.#bytes = from?.bytes ?? 0;
    const found = await findDamage({
      target,
      catalog,
      hasher: this.#services.hasher,
      ...(share === undefined ? {} : { share }),
      ...(from === undefined ? {} : { from }),
      onPoint: (point) => this.#point(point),
      onTotal: (bytes) => {
        total = bytes;
        this.#report({ event: 'phase', phase: 'verify', total });
      },
      onRead: (bytes) => {
        assertNotCancelled(signal);
        this.#bytes += bytes;
        this.#report({ event: 'progress', phase: 'verify', done: Math.min(this.#bytes, total), total });
      },
    });
    if (share === undefined) this.#bytes = total;
    this.#report({ event: 'progress', phase: 'verify', done: total, total });
    return found;
  }

  async tell(found: readonly FoundDamage[]): Promise<void> {
    const { target, catalog } = this.#request;
    const { hasher } = this.#services;
    for (const damage of await whomDamageHits(target, catalog, found, hasher)) this.#add(damage);
    for await (const damage of findGone(target, catalog, hasher)) this.#add(damage);
  }

  /** Reads the catalog again. True when something was committed, taken back or deleted meanwhile. */
  async hasMovedOn(): Promise<boolean> {
    const now = await readCatalog(this.#request.target, this.catalog.folder, this.#services.hasher);
    const before = this.catalog;
    this.catalog = now;
    return !sameState(before, now);
  }

  /** Reads one version as a restore would, and goes on behind what is damaged. */
  async readVersion(version: VersionRecord): Promise<void> {
    const { target, signal } = this.#request;
    for (const disk of version.disks) {
      const name = `${version.id} ${disk.index}`;
      if (this.#from !== undefined && this.#from.name !== name) continue;
      const start = this.#from?.offset ?? 0;
      this.#bytes += this.#from?.bytes ?? 0;
      this.#from = undefined;
      this.#services.hasher.expect?.(disk.allocatedBytes);
      const reader = await this.#open(version, disk);
      if (reader === undefined) continue;
      const wanted = (): Generator<RunOfGrains> => this.#wantedRuns(disk, reader);
      const sizeOf = ({ count }: RunOfGrains): number => count * grainSize;
      let [done, total] = [0, 0];
      for (const run of wanted()) total += sizeOf(run);
      this.#report({ event: 'phase', phase: 'verify', disk: disk.index, total });
      // Runs may end in any order: the first one that did not is where to go on.
      const going = new Set<number>();
      const ahead = function* ahead(): Generator<RunOfGrains> {
        for (const run of wanted()) {
          if (run.grain * grainSize < start) done += sizeOf(run);
          else {
            going.add(run.grain);
            yield run;
          }
        }
      };
      try {
        await eachRun(ahead(), { from: target, signal }, async ({ grain }, bytes) => {
          await this.#readGrains(version, reader, grain, bytes);
          done += bytes.length;
          this.#bytes += bytes.length;
          going.delete(grain);
          const [next = grain + 1] = going;
          this.#point({ name, offset: next * grainSize, found: [] });
          this.#report({ event: 'progress', phase: 'verify', disk: disk.index, done, total });
        });
      } finally {
        await reader.close();
      }
    }
    if (target.traits.writeOnce || !this.#hits(version.id) || !(await this.hasMovedOn())) return;
    // What was deleted while it was read is not damaged.
    if (!this.catalog.versions.some(({ id }) => id === version.id)) this.#forget(version.id);
  }

  *#wantedRuns({ key }: DiskRecord, { allocation }: VersionReader): Generator<RunOfGrains> {
    for (const run of grainRuns(allocation)) if (this.#inShare(key, run.grain * grainSize)) yield run;
  }

  async #open(version: VersionRecord, disk: DiskRecord): Promise<VersionReader | undefined> {
    const { target } = this.#request;
    for (;;) {
      try {
        return await VersionReader.open(target, this.catalog, version, disk, this.#services.hasher);
      } catch (error) {
        if (!isSysimageError(error, 'corrupt')) throw error;
        // Perhaps a layer came or went: then what is there now counts.
        if (await this.hasMovedOn()) continue;
        if (!this.catalog.versions.some(({ id }) => id === version.id)) return undefined;
        const object = String(error.context['object'] ?? disk.image.name);
        const end = isObjectName(object) ? ((await target.stat(object))?.size ?? 0) : 0;
        this.#add({ object, start: 0, end, what: error.message, versions: [version.id] });
        return undefined;
      }
    }
  }

  #point(point: Pick<VerifyPoint, 'name' | 'offset' | 'found'>): void {
    this.#request.onPoint?.({ ...point, state: this.#state, bytes: this.#bytes, damages: this.#damages });
  }

  #hits(id: string): boolean {
    return this.#damages.some(({ versions }) => versions.includes(id));
  }

  #forget(id: string): void {
    for (const [i, damage] of this.#damages.entries())
      this.#damages[i] = { ...damage, versions: damage.versions.filter((version) => version !== id) };
  }

  async #readGrains(version: VersionRecord, reader: VersionReader, grain: number, bytes: Uint8Array): Promise<void> {
    try {
      await reader.read(grain, bytes);
    } catch (error) {
      if (!isSysimageError(error, 'corrupt')) throw error;
      if (bytes.length > grainSize) {
        for (let at = 0; at < bytes.length; at += grainSize)
          await this.#readGrains(version, reader, grain + at / grainSize, bytes.subarray(at, at + grainSize));
        return;
      }
      const object = String(error.context['object'] ?? reader.disk.image.name);
      const start = Number(error.context['offset'] ?? 0);
      this.#add({ object, start, end: start + grainSize, what: error.message, versions: [version.id] });
    }
  }

  async #whole(name: ObjectName): Promise<{ object: string; start: number; end: number }> {
    return { object: name, start: 0, end: (await this.#request.target.stat(name))?.size ?? 0 };
  }

  #add(damage: Damage): void {
    // Several versions may need the same place.
    const same = this.#damages.findIndex(({ object, start }) => object === damage.object && start === damage.start);
    const before = this.#damages[same];
    const merged =
      before === undefined
        ? damage
        : { ...before, versions: [...new Set([...before.versions, ...damage.versions])].toSorted() };
    if (before === undefined) this.#damages.push(merged);
    else this.#damages[same] = merged;
    if (before === undefined) this.#report({ event: 'damage', damage: merged });
  }
}
