import { objectName, SysimageError, type LeaseHolder, type ObjectName } from '@sysimage/core/plugin';
import { MemoryObject, type Keep } from './memory-object.js';
import { seeded } from './seeded.js';
import { SparseBytes } from './sparse-bytes.js';

export interface MemoryStoreOptions {
  /** Bytes that fit; more is `no-space`. */
  readonly capacity?: number;
  /** Writes to open objects are lost, kept or torn by `powerCut` until they are flushed. */
  readonly volatile?: boolean;
  readonly contents?: Readonly<Record<string, Uint8Array>>;
  readonly now?: () => Date;
}

/** A lease as the medium knows it. */
export interface TakenLease {
  readonly mode: 'shared' | 'exclusive';
  readonly holder: LeaseHolder;
}

/** The medium behind memory targets: what stays when a target is closed or the power goes. Tests look into it. */
export class MemoryStore {
  readonly #objects = new Map<ObjectName, MemoryObject>();
  readonly #batches = new Map<string, Map<ObjectName, MemoryObject>>();
  readonly #options: MemoryStoreOptions;
  readonly #locked = new Set<MemoryObject>();
  #full: number | undefined;
  #generation = 0;
  /** Bytes that came in through `put` and `RandomFile.write`. */
  bytesWritten = 0;
  flushes = 0;
  readonly leases = new Map<ObjectName, Set<TakenLease>>();
  /** Until when nobody may replace or remove an object. */
  readonly retained = new Map<ObjectName, Date>();

  constructor(options: MemoryStoreOptions = {}) {
    this.#options = options;
    for (const [name, bytes] of Object.entries(options.contents ?? {})) this.set(name, bytes);
  }

  /** In the order of `list`. */
  names(): readonly ObjectName[] {
    return [...this.#objects.keys()].sort();
  }

  has(name: string): boolean {
    return this.find(objectName(name)) !== undefined;
  }

  /** A copy of all bytes of an object. */
  bytes(name: string): Uint8Array {
    const object = this.#existing(name);
    const bytes = new Uint8Array(object.size);
    object.read(0, bytes);
    return bytes;
  }

  /** Seeds or replaces an object behind the target's back. */
  set(name: string, bytes: Uint8Array): void {
    const sparse = new SparseBytes();
    sparse.write(0, bytes);
    this.#objects.set(objectName(name), this.make(sparse));
  }

  /** Damages an object behind the target's back. */
  patch(name: string, offset: number, bytes: Uint8Array): void {
    const object = this.#existing(name);
    object.write(offset, bytes);
    object.settle();
  }

  /** Loses an object behind the target's back. */
  delete(name: string): void {
    this.#objects.delete(objectName(name));
  }

  /** A flush of the object was rejected: the system tells so once, and takes its pages for written from then on. */
  forget(name: string): void {
    this.#existing(name).forget();
  }

  /** There is no more room than what is taken, until the next power cut. */
  fillUp(): void {
    this.#full = this.used;
  }

  get capacity(): number | undefined {
    return this.#full ?? this.#options.capacity;
  }

  /** Bytes that are taken, holes left out; what objects share counts once. */
  get used(): number {
    let sum = 0;
    const seen = new Set<Uint8Array>();
    for (const object of this.#objects.values()) sum += object.allocatedBeside(seen);
    for (const batch of this.#batches.values())
      for (const object of batch.values()) sum += object.allocatedBeside(seen);
    return sum;
  }

  /** What the medium holds when the power goes now. The old store stays as it is, so that one run serves many cuts. */
  powerCut(options: { readonly keep: Keep }): MemoryStore {
    const { capacity, volatile, now } = this.#options;
    const after = new MemoryStore({
      ...(capacity === undefined ? {} : { capacity }),
      ...(volatile === undefined ? {} : { volatile }),
      ...(now === undefined ? {} : { now }),
    });
    const random = seeded(typeof options.keep === 'number' ? options.keep : 0);
    const survive = (objects: ReadonlyMap<ObjectName, MemoryObject>, into: Map<ObjectName, MemoryObject>): void => {
      for (const [name, object] of objects) into.set(name, object.afterPowerCut(options.keep, random));
    };
    survive(this.#objects, after.#objects);
    for (const [id, objects] of this.#batches) survive(objects, after.batch(id));
    for (const [name, until] of this.retained) after.retained.set(name, until);
    after.#generation = this.#generation;
    return after;
  }

  // What follows is for the target.

  find(name: ObjectName): MemoryObject | undefined {
    return this.#objects.get(name);
  }

  make(bytes: SparseBytes): MemoryObject {
    return new MemoryObject(bytes, {
      volatile: this.#options.volatile === true,
      modified: this.now(),
      generation: this.#nextGeneration(),
    });
  }

  link(name: ObjectName, object: MemoryObject): void {
    this.#objects.set(name, object);
  }

  unlink(name: ObjectName): void {
    this.#objects.delete(name);
  }

  touch(object: MemoryObject): void {
    object.modified = this.now();
    object.generation = this.#nextGeneration();
  }

  /** What was promised to stay is neither replaced nor removed. */
  refuseRetained(name: ObjectName, operation: string): void {
    const until = this.retained.get(name);
    if (until === undefined || until <= this.now()) return;
    throw new SysimageError('denied', `${name} is kept until ${until.toISOString()}`, { operation, context: { name } });
  }

  /** Rejects what does not fit beside everything that is there. */
  reserve(bytes: number, operation: string): void {
    const { capacity } = this;
    if (capacity === undefined || this.used + bytes <= capacity) return;
    throw new SysimageError('no-space', `The target is full: ${bytes} bytes do not fit`, {
      operation,
      context: { needed: bytes, free: capacity - this.used },
    });
  }

  lock(object: MemoryObject): boolean {
    if (this.#locked.has(object)) return false;
    this.#locked.add(object);
    return true;
  }

  unlock(object: MemoryObject): void {
    this.#locked.delete(object);
  }

  now(): Date {
    return this.#options.now?.() ?? new Date();
  }

  batch(id: string): Map<ObjectName, MemoryObject> {
    const batch = this.#batches.get(id) ?? new Map<ObjectName, MemoryObject>();
    this.#batches.set(id, batch);
    return batch;
  }

  dropBatch(id: string): void {
    this.#batches.delete(id);
  }

  #existing(name: string): MemoryObject {
    const object = this.#objects.get(objectName(name));
    if (object === undefined) throw new SysimageError('not-found', `There is no object ${name}`);
    return object;
  }

  #nextGeneration(): number {
    this.#generation += 1;
    return this.#generation;
  }
}
