import {
  completeTarget,
  isBelow,
  SysimageError,
  type Capacity,
  type FacetName,
  type Facets,
  type Target,
  type TargetParts,
  type TargetTraits,
} from '@sysimage/core/plugin';
import { refuseReplacing, batches } from './batches.js';
import { announcer, throwIfCancelled, type Announce, type OnCall } from './calls.js';
import { history } from './history.js';
import { leases } from './leases.js';
import { media } from './media.js';
import { MemoryStore, type MemoryStoreOptions } from './memory-store.js';
import { randomAccess } from './random-access.js';
import { retention } from './retention.js';
import { getBytes, statOf } from './reading.js';
import { collect } from './whole-object.js';

export type MemoryFacet = FacetName;

export interface MemoryTargetOptions<F extends MemoryFacet> extends MemoryStoreOptions {
  /** Default: `random` and `capacity`. An empty list leaves whole objects only. */
  readonly facets?: readonly F[];
  readonly traits?: Partial<TargetTraits>;
  /** A store that is there already; then its own options hold. */
  readonly store?: MemoryStore;
  /** Told of every call before it has an effect. */
  readonly onCall?: OnCall;
}

export type MemoryTarget<F extends MemoryFacet> = Target<F> & { readonly store: MemoryStore };

/** A target in memory whose shape, size and faults the caller chooses. */
export function createMemoryTarget<const F extends MemoryFacet = 'random' | 'capacity'>(
  options?: MemoryTargetOptions<F>,
): MemoryTarget<F>;
export function createMemoryTarget(options: MemoryTargetOptions<MemoryFacet> = {}): Target & { store: MemoryStore } {
  const store = options.store ?? new MemoryStore(options);
  const announce = announcer(options.onCall);
  const traits: TargetTraits = {
    identity: 'memory',
    location: 'memory',
    medium: 'memory',
    physicalDisks: [],
    writeOnce: false,
    singleVersion: false,
    transport: 'local',
    ...options.traits,
  };
  const wanted = new Set<MemoryFacet>(options.facets ?? ['random', 'capacity']);
  const facets: Partial<Facets> = {
    ...(wanted.has('random') ? { random: randomAccess(store, announce) } : {}),
    ...(wanted.has('batch') ? { batch: batches({ store, announce, writeOnce: traits.writeOnce }) } : {}),
    ...(wanted.has('capacity') ? { capacity: capacity(store, announce) } : {}),
    ...(wanted.has('history') ? { history: history(store, announce) } : {}),
    ...(wanted.has('lease') ? { lease: leases(store, announce) } : {}),
    ...(wanted.has('media') ? { media: media(store, announce) } : {}),
    ...(wanted.has('retention') ? { retention: retention(store, announce) } : {}),
  };
  return { ...completeTarget<never>({ traits, facets, ...wholeObjects(store, announce, traits.writeOnce) }), store };
}

function capacity(store: MemoryStore, announce: Announce): Capacity {
  return {
    async read(options) {
      await announce('capacity', '', options);
      return store.capacity === undefined ? {} : { total: store.capacity, free: store.capacity - store.used };
    },
  };
}

function wholeObjects(
  store: MemoryStore,
  announce: Announce,
  writeOnce: boolean,
): Omit<TargetParts, 'traits' | 'facets'> {
  return {
    async stat(name, options) {
      await announce('stat', name, options);
      const object = store.find(name);
      return object === undefined ? undefined : statOf(name, object);
    },
    async *list(prefix, options) {
      await announce('list', prefix, options);
      for (const name of store.names()) {
        throwIfCancelled('list', options);
        if (!isBelow(name, prefix) || (options?.after !== undefined && name <= options.after)) continue;
        const object = store.find(name);
        if (object !== undefined) yield statOf(name, object);
      }
    },
    async *get(name, range, options) {
      await announce('get', name, options);
      yield* getBytes(name, store.find(name), range, options);
    },
    async put(name, size, chunks, options) {
      await announce('put', name, options);
      if (writeOnce) refuseReplacing(store, name);
      store.refuseRetained(name, 'put');
      const object = store.make(await collect(store, { name, size }, chunks, options));
      store.link(name, object);
      return statOf(name, object);
    },
    async remove(name, options) {
      await announce('remove', name, options);
      if (writeOnce) {
        throw new SysimageError('unsupported', 'What is on a medium that can be written only once stays', {
          operation: 'remove',
          context: { name },
        });
      }
      store.refuseRetained(name, 'remove');
      store.unlink(name);
    },
    close: async () => {},
  };
}
