import { isSysimageError, SysimageError } from '../contract/errors.js';
import { isObjectName, type ObjectName } from '../contract/names.js';
import type { Target } from '../contract/target.js';
import { newestOf, readCatalog, readStamped, type Catalog } from '../image/catalog.js';
import { grainSize } from '../image/grain.js';
import { VersionReader } from '../image/version-reader.js';
import type { Damage, FoundDamage } from '../model/damage.js';
import { computerRecordSchema, type DiskRecord, type VersionRecord } from '../model/version-record.js';
import type { EngineServices, Report } from './engine.js';
import { findDamage } from './find-damage.js';
import { assertNotCancelled, eachRun, grainRuns } from './restore-runs.js';
import { whomDamageHits } from './whom-damage-hits.js';

export interface VerifyRequest {
  readonly target: Target;
  readonly catalog: Catalog;
  /** Only what this version needs; without it, every byte of every version. */
  readonly version?: VersionRecord;
  readonly signal?: AbortSignal;
}

export interface VerifyResult {
  /** Bytes that were read and compared with what was written. */
  readonly bytes: number;
  readonly versions: readonly { readonly id: string; readonly whole: boolean }[];
  readonly damages: readonly Damage[];
}

/**
 * Reads versions back and compares every byte with the digests that were recorded. Writes nothing, needs no lease, and may go on
 * beside a backup.
 */
export async function verify(request: VerifyRequest, services: EngineServices, report: Report): Promise<VerifyResult> {
  const run = new Verification(request, services, report);
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
      return run.result(catalog.versions);
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
  #bytes = 0;

  constructor(request: VerifyRequest, services: EngineServices, report: Report) {
    this.#request = request;
    this.catalog = request.catalog;
    this.#services = services;
    this.#report = report;
  }

  result(versions: readonly VersionRecord[]): VerifyResult {
    const hit = new Set(this.#damages.flatMap((damage) => damage.versions));
    return {
      bytes: this.#bytes,
      versions: versions.map(({ id }) => ({ id, whole: !hit.has(id) })),
      damages: this.#damages,
    };
  }

  /** Records that cannot be read: `readCatalog` has looked at their digests already. */
  async checkRecords(): Promise<void> {
    const { target, catalog } = this.#request;
    const { names } = catalog;
    for (const { id, reason } of catalog.lost) {
      this.#add({ ...(await this.#whole(names.version(id))), what: reason, versions: [id] });
    }
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
    const { target, catalog, signal } = this.#request;
    let total = 0;
    const found = await findDamage({
      target,
      catalog,
      hasher: this.#services.hasher,
      onTotal: (bytes) => {
        total = bytes;
        this.#report({ event: 'phase', phase: 'verify', total });
      },
      onRead: (bytes) => {
        assertNotCancelled(signal);
        this.#bytes = Math.min(this.#bytes + bytes, total);
        this.#report({ event: 'progress', phase: 'verify', done: this.#bytes, total });
      },
    });
    this.#bytes = total;
    this.#report({ event: 'progress', phase: 'verify', done: total, total });
    return found;
  }

  async tell(found: readonly FoundDamage[]): Promise<void> {
    const { target, catalog } = this.#request;
    for (const damage of await whomDamageHits(target, catalog, found, this.#services.hasher)) this.#add(damage);
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
      const reader = await this.#open(version, disk);
      if (reader === undefined) continue;
      const total = reader.allocation.alignOut(grainSize).size;
      this.#report({ event: 'phase', phase: 'verify', disk: disk.index, total });
      let done = 0;
      try {
        await eachRun(grainRuns(reader.allocation), { from: target, signal }, async ({ grain }, bytes) => {
          await this.#readGrains(version, reader, grain, bytes);
          done += bytes.length;
          this.#bytes += bytes.length;
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

function sameState(a: Catalog, b: Catalog): boolean {
  const state = ({ versions, lost, openRuns, staleRuns }: Catalog): string =>
    JSON.stringify([versions.map(({ id }) => id), lost, openRuns.map(({ run }) => run), staleRuns]);
  return state(a) === state(b);
}
