import {
  createEngine,
  type BackupRequest,
  type CompactionPlan,
  type DeletionPlan,
  type Engine,
  type EngineEvent,
  type EngineServices,
  type PrunePlan,
  type Receipts,
  type RetentionRules,
  type Target,
  type VerifyResult,
  type VersionRecord,
} from '@sysimage/core';
import { createHasher } from '@sysimage/node-services';
import { MemoryDisks } from './memory-disks.js';
import { PassingClock } from './passing-clock.js';
import { ToyDisk } from './toy-disk.js';

/** The engine with a clock that moves when told, random numbers that repeat, and disks in memory. */
export class Workbench {
  readonly disks = new MemoryDisks();
  readonly events: EngineEvent[] = [];
  readonly services: EngineServices;
  readonly #engine: Engine;
  #now = Date.UTC(2026, 0, 1);
  readonly #clock = new PassingClock(() => (this.#now += 1));
  #seed = 1;

  /** `make`: makes another engine than the product's, for tests of tests. */
  constructor(make: (services: EngineServices) => Engine = createEngine) {
    this.services = {
      clock: this.#clock,
      random: {
        bytes: (length) =>
          Uint8Array.from({ length }, () => (this.#seed = (this.#seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16),
      },
      log: { write: () => undefined },
      // Threads would outlive their bench, two for each, and what they do a seed does not repeat.
      hasher: createHasher({ threads: 0 }),
      machine: {
        hostName: 'workbench',
        machineId: 'machine-1',
        holder: (token) => Promise.resolve({ token, program: 'test', host: 'workbench' }),
        // Whoever held a lease before is dead: every run of a test comes after the last one.
        fateOf: () => Promise.resolve('gone'),
      },
      disks: this.disks,
    };
    this.#engine = make(this.services);
  }

  /** The machine sleeps: its clock goes on, and nothing runs. */
  fallAsleep(milliseconds: number): void {
    this.#clock.passed += milliseconds;
  }

  async backup(target: Target, disk: ToyDisk, extra: Partial<BackupRequest> = {}): Promise<VersionRecord> {
    this.disks.disks.set('disk.img', disk.bytes);
    const request: BackupRequest = {
      disks: ['disk.img'],
      target,
      computer: 'bench',
      tool: 'test',
      policies: [],
      ...extra,
    };
    const { version } = await this.#engine.backup(request, (event) => this.events.push(event));
    return version;
  }

  /** Several disks as one version. */
  async backupAll(
    target: Target,
    disks: readonly ToyDisk[],
    extra: Partial<BackupRequest> = {},
  ): Promise<VersionRecord> {
    for (const [i, { bytes }] of disks.entries()) this.disks.disks.set(`disk-${i}.img`, bytes);
    const [first = new ToyDisk(2 * 1024 * 1024)] = disks;
    return this.backup(target, first, { disks: disks.map((_, i) => `disk-${i}.img`), ...extra });
  }

  /** The bytes of a disk of a version, of the first unless told, restored to a new file. */
  async restore(target: Target, version: string, disk = 0, verify = false): Promise<Uint8Array> {
    this.disks.disks.delete('restored.img');
    await this.restoreOver(target, version, false, disk, verify);
    return this.disks.disks.get('restored.img') ?? new Uint8Array(0);
  }

  /** Reads everything on the target back, or one version. */
  async verify(target: Target, version?: string): Promise<VerifyResult> {
    const catalog = await this.#engine.computer(target);
    const wanted = version === undefined ? {} : { version: this.#engine.version(catalog, version) };
    return this.#engine.verify({ target, catalog, ...wanted }, (event) => this.events.push(event));
  }

  /** What can be told of versions without reading them. */
  async receipts(target: Target): Promise<Receipts> {
    return this.#engine.receipts(target, await this.#engine.computer(target));
  }

  async delete(target: Target, versions: readonly string[], rollBack = false): Promise<void> {
    const catalog = await this.#engine.computer(target);
    await this.#engine.deleteVersions({ target, catalog, versions, rollBack }, (event) => this.events.push(event));
  }

  async planDeletion(target: Target, versions: readonly string[], rollBack = false): Promise<DeletionPlan> {
    return this.#engine.planDeletion({ target, catalog: await this.#engine.computer(target), versions, rollBack });
  }

  async planPrune(target: Target, rules: RetentionRules): Promise<PrunePlan> {
    return this.#engine.planPrune({ target, catalog: await this.#engine.computer(target), rules });
  }

  async prune(target: Target, rules: RetentionRules): Promise<void> {
    const request = { target, catalog: await this.#engine.computer(target), rules };
    await this.#engine.prune(request, await this.#engine.planPrune(request), (event) => this.events.push(event));
  }

  async planCompaction(target: Target): Promise<CompactionPlan> {
    return this.#engine.planCompaction({ target, catalog: await this.#engine.computer(target) });
  }

  async compact(target: Target): Promise<CompactionPlan> {
    const catalog = await this.#engine.computer(target);
    return this.#engine.compact({ target, catalog }, (event) => this.events.push(event));
  }

  /** Restores a disk of a version to `restored.img`, whatever is there. */
  async restoreOver(target: Target, version: string, recreateDisks = false, disk = 0, verify = false): Promise<void> {
    const catalog = await this.#engine.computer(target);
    await this.#engine.restore(
      {
        target,
        catalog,
        version: this.#engine.version(catalog, version),
        disks: new Map([[disk, 'restored.img']]),
        recreateDisks,
        verify,
        confirm: () => Promise.resolve(true),
      },
      () => undefined,
    );
  }
}
