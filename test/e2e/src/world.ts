import { isSysimageError, objectName, type Engine, type EngineServices, type Target } from '@sysimage/core';
import { createFaultTarget, type Fault, type FaultTarget, type Troubles } from '@sysimage/faults';
import {
  createMemoryTarget,
  MemoryStore,
  type Keep,
  type MemoryCall,
  type MemoryFacet,
  type OnCall,
} from '@sysimage/target-memory';
import type { Flow } from './flows.js';
import { Judge, keep as keepVersion, type Kept } from './judge.js';
import { moveTo } from './moving-data.js';
import { ToyDisk } from './toy-disk.js';
import { Workbench } from './workbench.js';

const mebibyte = 1024 * 1024;
const hour = 3_600_000;

export interface WorldOptions {
  /** What the disks hold, how they change, and what is left to chance. */
  readonly seed?: number;
  /** The engine that runs the flow. Versions are made before and judged after by the product's own. */
  readonly engine?: ((services: EngineServices) => Engine) | undefined;
  /** What stands between the engine and the target while the flow runs. */
  readonly between?: ((target: Target) => Target) | undefined;
}

/** What a flow begins with, to be tried again and again: every try has its own copy of the medium. */
export class World {
  readonly flow: Flow;
  readonly #seed: number;
  readonly #doer: Workbench;
  readonly #between: (target: Target) => Target;
  readonly #bench = new Workbench();
  readonly #judge = new Judge(this.#bench);
  readonly #kept: Kept[] = [];
  readonly #disks: readonly ToyDisk[];
  #now: readonly Uint8Array[] | undefined;
  #store: MemoryStore;
  #rehearsal: Troubles | undefined;

  private constructor(flow: Flow, { seed = 0, engine, between = (target) => target }: WorldOptions) {
    const { disks = 1, diskSize = 6 * mebibyte, shape } = flow;
    this.flow = flow;
    this.#seed = seed;
    this.#doer = new Workbench(engine);
    this.#between = between;
    this.#disks = Array.from({ length: disks }, (_, i) => new ToyDisk(diskSize, 0x5ca1ab1e + i));
    this.#store = new MemoryStore({
      volatile: true,
      ...(shape?.capacity === undefined ? {} : { capacity: shape.capacity }),
    });
  }

  /** Makes the versions, the run that was cut, and the change that the flow finds. */
  static async prepare(flow: Flow, options: WorldOptions = {}): Promise<World> {
    const world = new World(flow, options);
    for (let i = 0; i < flow.versions; i += 1) {
      world.#bench.fallAsleep((flow.days?.[i] ?? 0) * 24 * hour);
      world.#change(i);
      const { id } = await world.#bench.backupAll(world.#open(world.#store), world.#disks);
      world.#kept.push(keepVersion(id, world.#disks));
    }
    world.#change(flow.versions);
    for (const i of flow.gone ?? []) await world.#forget(i);
    if (flow.cut !== undefined && flow.cutCompaction === true) await world.#cutCompaction(flow.cut);
    else if (flow.cut !== undefined) {
      await world.#cutBackup(flow.cut);
      world.#change(flow.versions + 1);
    }
    return world;
  }

  async backUp(target: Target): Promise<void> {
    await this.#doer.backupAll(target, this.#disks, { evict: this.flow.mayGo !== undefined });
  }

  /** `which`: indexes of versions, the newest too. */
  async delete(target: Target, which: readonly number[]): Promise<void> {
    const ids = which.map((i) => this.#kept[i]?.id ?? '');
    await this.#doer.delete(target, ids, true);
  }

  async prune(target: Target, months: number): Promise<void> {
    await this.#doer.prune(target, { last: 1, monthly: months });
  }

  async compact(target: Target): Promise<void> {
    await this.#doer.compact(target);
  }

  /** Calls of the flow at which a fault of this kind makes a difference. */
  async points(kind: Fault['kind']): Promise<readonly number[]> {
    if (this.#rehearsal === undefined) {
      const target = this.#withFaults(this.#store.powerCut({ keep: 'all' }), []);
      await this.flow.run(this, this.#between(target));
      this.#rehearsal = target.troubles;
    }
    return this.#rehearsal.points(kind);
  }

  /**
   * Runs the flow with faults, lets the power go, and judges what is left: every version that is listed restores, none is missing
   * that must stay, and a backup goes on from there. Rejects when anything is not so.
   */
  async try(faults: readonly Fault[], keep: Keep): Promise<void> {
    const store = this.#store.powerCut({ keep: 'all' });
    const isDone = await this.#run(this.#withFaults(store, faults));
    await this.#judgeWhatIsLeft(store.powerCut({ keep }), isDone, keep);
  }

  /**
   * Runs the flow on a machine that sleeps for an hour in the middle of call `at`, and judges what is left. The calls of the flow, with
   * what it began after the sleep.
   */
  async sleepAt(at: number): Promise<{ readonly calls: readonly MemoryCall[]; readonly isDone: boolean }> {
    const store = this.#store.powerCut({ keep: 'all' });
    const calls: MemoryCall[] = [];
    const target = this.#open(store, (call) => {
      calls.push(call);
      if (call.index === at) this.#doer.fallAsleep(hour);
    });
    const isDone = await this.#run(target);
    await this.#judgeWhatIsLeft(store.powerCut({ keep: 'all' }), isDone, 'all');
    return { calls, isDone };
  }

  async #judgeWhatIsLeft(store: MemoryStore, isDone: boolean, keep: Keep): Promise<void> {
    const after = this.#open(store);
    await this.#assertWhole(after, isDone);
    const changes = typeof keep === 'number' && keep % 2 === 1;
    const disks = changes ? this.#disks.map((disk) => disk.copy()) : this.#disks;
    if (changes) this.#change(this.flow.versions + 2, disks);
    this.#bench.events.length = 0;
    const { id } = await this.#bench.backupAll(after, disks);
    const next = changes ? keepVersion(id, disks) : this.#keepNow(id);
    this.#judge.assertNothingMissed();
    const ids = await this.#judge.listed(after);
    if (!ids.includes(id)) throw new Error(`the next backup ${id} is not there`);
    for (const one of ids)
      await this.#judge.assertRestores(after, one === id ? next : this.#known(one), 'after the next backup');
    await this.#judge.assertTidy(after);
  }

  /** False when it failed, in the words of the contracts. */
  async #run(target: Target): Promise<boolean> {
    return this.flow.run(this, this.#between(target)).then(
      () => true,
      (error: unknown) => {
        if (isSysimageError(error)) return false;
        throw error;
      },
    );
  }

  async #assertWhole(target: Target, isDone: boolean): Promise<void> {
    const { versions, doomed = [], mayGo = [], gone = [], makesVersion } = this.flow;
    const ids = await this.#judge.listed(target);
    for (const [i, { id }] of this.#kept.entries()) {
      if (![...doomed, ...mayGo, ...gone].includes(i) && !ids.includes(id)) throw new Error(`version ${id} is gone`);
      if (isDone && [...doomed, ...gone].includes(i) && ids.includes(id))
        throw new Error(`version ${id} is still there`);
    }
    if (makesVersion && versions > 0 && ids.length === 0) throw new Error('no version is left');
    if (isDone && makesVersion && !ids.some((id) => this.#isNew(id)))
      throw new Error('a version is told of and not there');
    for (const id of ids) await this.#judge.assertRestores(target, this.#known(id), 'at once');
    if (ids.length > 0) await this.#judge.assertNothingLost(target, 'at once');
  }

  #change(round: number, disks: readonly ToyDisk[] = this.#disks): void {
    if (disks === this.#disks) this.#now = undefined;
    change(disks, round, this.#seed);
    if (this.flow.moves === true) for (const disk of disks) moveTo(disk, round, 7, 1 + (round % 90));
  }

  #isNew(id: string): boolean {
    return this.#kept.every((one) => one.id !== id);
  }

  /** One that nobody heard of before is what the flow took. */
  #known(id: string): Kept {
    return this.#kept.find((one) => one.id === id) ?? this.#keepNow(id);
  }

  /** A version of the disks as they are now. Every try has one, so their bytes are kept until they change. */
  #keepNow(id: string): Kept {
    this.#now ??= keepVersion(id, this.#disks).bytes;
    return { id, bytes: this.#now };
  }

  #withFaults(store: MemoryStore, faults: readonly Fault[]): FaultTarget {
    return createFaultTarget(this.#open(store), { faults, seed: this.#seed, medium: store });
  }

  #open(store: MemoryStore, onCall: OnCall = () => undefined): Target {
    const { facets = ['random', 'capacity'], traits = {} } = this.flow.shape ?? {};
    return createMemoryTarget<MemoryFacet>({ facets, traits, store, onCall });
  }

  /** Its record goes as a deletion begins, and the power with it. */
  async #forget(which: number): Promise<void> {
    const id = this.#kept[which]?.id ?? '';
    await this.#open(this.#store).remove(objectName('sysimage', 'bench', 'versions', `${id}.json`));
  }

  async #cutCompaction(part: number): Promise<void> {
    const whole = this.#withFaults(this.#store.powerCut({ keep: 'all' }), []);
    await this.#bench.compact(whole);
    const points = whole.troubles.points('disappear');
    const at = points[Math.floor(points.length * part)];
    const dying = this.#withFaults(this.#store, at === undefined ? [] : [{ kind: 'disappear', at }]);
    await this.#bench.compact(dying).catch(() => undefined);
    this.#store = this.#store.powerCut({ keep: this.#seed });
  }

  async #cutBackup(part: number): Promise<void> {
    const whole = this.#withFaults(this.#store.powerCut({ keep: 'all' }), []);
    await this.#bench.backupAll(whole, this.#disks);
    const points = whole.troubles.points('disappear');
    const at = points[Math.floor(points.length * part)] ?? 0;
    const dying = this.#withFaults(this.#store, [{ kind: 'disappear', at }]);
    await this.#bench.backupAll(dying, this.#disks).catch(() => undefined);
    this.#store = this.#store.powerCut({ keep: this.#seed });
    // Late enough, it was complete all the same.
    const ids = await this.#judge.listed(this.#open(this.#store));
    const id = ids.find((one) => this.#isNew(one));
    if (id !== undefined) this.#kept.push(keepVersion(id, this.#disks));
  }
}

/** Blocks change, come and go; some that an older version has are freed, some become zeros, and some lie where nothing was before. */
function change(disks: readonly ToyDisk[], round: number, seed: number): void {
  for (const [i, disk] of disks.entries()) {
    const shift = round + i + (seed % 5);
    for (let block = 60 + shift; block < 200; block += round === 0 ? 5 : 19) disk.fill(block, round + 1);
    for (let block = 61 + shift; block < 200; block += 37) disk.free(block);
    // Whole grains: in blocks of the image that are there, and, but for the first version, in one that is not.
    for (const grain of round === 0 ? [13] : [13, 20 + ((round * 3 + seed) % 8)]) {
      for (let block = grain * 16; block < (grain + 1) * 16; block += 1) {
        if (round % 3 === 2) disk.free(block);
        else disk.fill(block, round % 2 === 0 ? round + 7 : 0);
      }
    }
    // Freed by one version, and used again by the next.
    for (let block = 14 * 16; block < 15 * 16; block += 1) {
      if (round % 2 === 1) disk.free(block);
      else disk.fill(block, round + 9);
    }
    disk.fill(16 * (22 + ((round + seed) % 6)), round);
    // A large disk is full, so that its image has headers on the way.
    if (round === 0)
      for (let block = 1100; block < disk.blockCount - 300; block += 1) disk.fill(block, 1 + (block % 90));
  }
}
