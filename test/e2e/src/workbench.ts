import {
  backup,
  chooseComputer,
  deleteVersions,
  verify,
  chooseVersion,
  restore,
  type BackupRequest,
  type EngineEvent,
  type EngineServices,
  type Target,
  type VerifyResult,
  type VersionRecord,
} from '@sysimage/core';
import { createHasher } from '@sysimage/node-services';
import { MemoryDisks } from './memory-disks.js';
import { ToyDisk } from './toy-disk.js';

/** The engine with a clock that moves when told, random numbers that repeat, and disks in memory. */
export class Workbench {
  readonly disks = new MemoryDisks();
  readonly events: EngineEvent[] = [];
  readonly services: EngineServices;
  #now = Date.UTC(2026, 0, 1);
  #seed = 1;

  constructor() {
    this.services = {
      clock: {
        now: () => new Date((this.#now += 1)),
        after: () => () => undefined,
        sleep: (milliseconds) => {
          this.#now += milliseconds;
          return Promise.resolve();
        },
      },
      random: {
        bytes: (length) =>
          Uint8Array.from({ length }, () => (this.#seed = (this.#seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16),
      },
      log: { write: () => undefined },
      hasher: createHasher(),
      machine: {
        hostName: 'workbench',
        machineId: 'machine-1',
        holder: (token) => Promise.resolve({ token, program: 'test', host: 'workbench' }),
        // Whoever held a lease before is dead: every run of a test comes after the last one.
        fateOf: () => Promise.resolve('gone'),
      },
      disks: this.disks,
    };
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
    const { version } = await backup(request, this.services, (event) => this.events.push(event));
    return version;
  }

  /** The bytes of the first disk of a version, restored to a new file. */
  async restore(target: Target, version: string): Promise<Uint8Array> {
    this.disks.disks.delete('restored.img');
    await this.restoreOver(target, version);
    return this.disks.disks.get('restored.img') ?? new Uint8Array(0);
  }

  /** Reads everything on the target back, or one version. */
  async verify(target: Target, version?: string): Promise<VerifyResult> {
    const catalog = await chooseComputer(target, undefined, this.services);
    const wanted = version === undefined ? {} : { version: chooseVersion(catalog, version) };
    return verify({ target, catalog, ...wanted }, this.services, (event) => this.events.push(event));
  }

  async delete(target: Target, versions: readonly string[], rollBack = false): Promise<void> {
    const catalog = await chooseComputer(target, undefined, this.services);
    await deleteVersions({ target, catalog, versions, rollBack }, this.services, (event) => this.events.push(event));
  }

  /** Restores the first disk of a version to `restored.img`, whatever is there. */
  async restoreOver(target: Target, version: string, recreateDisks = false): Promise<void> {
    const catalog = await chooseComputer(target, undefined, this.services);
    await restore(
      {
        target,
        catalog,
        version: chooseVersion(catalog, version),
        disks: new Map([[0, 'restored.img']]),
        recreateDisks,
        confirm: () => Promise.resolve(true),
      },
      this.services,
      () => undefined,
    );
  }
}
