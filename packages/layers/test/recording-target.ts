import {
  completeTarget,
  objectName,
  type Facets,
  type ObjectStat,
  type OpenBatch,
  type RandomFile,
  type Target,
} from '@sysimage/core/plugin';

export const name = objectName('a', 'b');
export const other = objectName('c');
export const stat: ObjectStat = { name, size: 3, state: 's' };
export const bytes = Uint8Array.of(1, 2, 3);

/** What a call was made with; `this` must be what it was called on. */
export type Recorded = readonly [operation: string, ...args: readonly unknown[]];

/** A target with every facet, which writes down what it is asked. `answer` may throw in its place. */
export class RecordingTarget {
  readonly calls: Recorded[] = [];
  answer: (operation: string) => void = () => undefined;
  readonly #lost = new AbortController();

  note(...call: Recorded): void {
    this.calls.push(call);
    this.answer(call[0]);
  }

  open(): Target {
    const note = (...call: Recorded): void => this.note(...call);
    const lost = this.#lost;
    // Classes, because a wrapper must keep the receiver of every method.
    class File implements RandomFile {
      readonly #size = 3;
      async size(): Promise<number> {
        note('random.size');
        return this.#size;
      }
      async read(offset: number, into: Uint8Array): Promise<void> {
        note('random.read', offset, into);
        into.fill(this.#size);
      }
      async write(offset: number, given: Uint8Array): Promise<void> {
        note('random.write', offset, given);
      }
      async truncate(size: number): Promise<void> {
        note('random.truncate', size);
      }
      async flush(): Promise<void> {
        note('random.flush', this.#size);
      }
      async deallocate(range: unknown): Promise<void> {
        note('random.deallocate', range, this.#size);
      }
      async copyFrom(from: RandomFile, range: unknown, at: number): Promise<void> {
        note('random.copy', from instanceof File, range, at);
      }
      async close(): Promise<void> {
        note('random.close', this.#size);
      }
    }
    const batch: OpenBatch = {
      async put(...args) {
        note('batch.put', ...args);
        for await (const _ of args[2]());
        return stat;
      },
      commit: async (...args) => note('batch.commit', ...args),
      abort: async () => note('batch.abort'),
    };
    const objects: Pick<Target, 'stat' | 'get'> = {
      async stat(...args) {
        note('stat', ...args);
        return stat;
      },
      async *get(...args) {
        note('get', ...args);
        yield bytes;
      },
    };
    const facets: Facets = {
      random: {
        async open(...args) {
          note('random.open', ...args);
          return new File();
        },
      },
      batch: {
        async begin(...args) {
          note('batch.begin', ...args);
          return batch;
        },
      },
      history: {
        async capture(...args) {
          note('history.capture', ...args);
          return stat;
        },
      },
      capacity: {
        async read(...args) {
          note('capacity.read', ...args);
          return { free: 7 };
        },
      },
      lease: {
        async acquire(...args) {
          note('lease.acquire', ...args);
          return {
            get lost() {
              return lost.signal;
            },
            assertHeld: () => note('lease.assertHeld'),
            release: async () => note('lease.release'),
          };
        },
      },
      media: {
        async locate(...args) {
          note('media.locate', ...args);
          return [];
        },
      },
      retention: {
        extend: async (...args) => note('retention.extend', ...args),
        async read(...args) {
          note('retention.read', ...args);
          return new Date(0);
        },
      },
    };
    return completeTarget<never>({
      traits: {
        identity: 'i',
        location: 'l',
        medium: 'memory',
        writeOnce: false,
        singleVersion: false,
        transport: 'plain',
      },
      facets,
      ...objects,
      async *list(...args) {
        note('list', ...args);
        yield stat;
      },
      async put(...args) {
        note('put', ...args);
        for await (const _ of args[2]());
        return stat;
      },
      remove: async (...args) => note('remove', ...args),
      close: async () => note('close'),
    });
  }
}

export const chunks = async function* given(): AsyncIterable<Uint8Array> {
  yield bytes;
};
const options = {};
const holder = { token: 't', program: 'p', host: 'h' };

/** Every call there is, by the name of its operation. What must be open for it is opened before. */
export const everyCall: Readonly<Record<string, (target: Target) => Promise<unknown>>> = {
  stat: (target) => target.stat(name, options),
  list: (target) => all(target.list('', { after: other })),
  get: (target) => all(target.get(name, { start: 0, end: 3 }, { state: 's' })),
  put: (target) => target.put(name, 3, chunks, options),
  remove: (target) => target.remove(name, options),
  close: (target) => target.close(),
  'random.open': async (target) => void (await openFile(target)),
  'random.size': async (target) => (await openFile(target)).size(),
  'random.read': async (target) => {
    const into = new Uint8Array(2);
    await (await openFile(target)).read(1, into);
    return into;
  },
  'random.write': async (target) => (await openFile(target)).write(1, bytes),
  'random.truncate': async (target) => (await openFile(target)).truncate(2),
  'random.deallocate': async (target) => (await openFile(target)).deallocate?.({ start: 0, end: 2 }),
  'random.copy': async (target) => {
    const from = await openFile(target);
    await (await openFile(target)).copyFrom?.(from, { start: 0, end: 2 }, 1);
  },
  'random.flush': async (target) => (await openFile(target)).flush(),
  'random.close': async (target) => (await openFile(target)).close(),
  'batch.begin': async (target) => void (await beginBatch(target)),
  'batch.put': async (target) => (await beginBatch(target)).put(name, 3, chunks, options),
  'batch.commit': async (target) => (await beginBatch(target)).commit(options),
  'batch.abort': async (target) => (await beginBatch(target)).abort(),
  'history.capture': (target) => must(target.facets.history).capture(name, other, options),
  'capacity.read': (target) => must(target.facets.capacity).read(options),
  'lease.acquire': async (target) => {
    const held = await acquire(target);
    held.assertHeld();
    return held.lost;
  },
  'lease.release': async (target) => (await acquire(target)).release(),
  'media.locate': (target) => must(target.facets.media).locate(name, [{ start: 0, end: 2 }], options),
  'retention.extend': (target) => must(target.facets.retention).extend(name, new Date(0), options),
  'retention.read': (target) => must(target.facets.retention).read(name, options),
};

export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is missing');
  return value;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export function openFile(target: Target, exclusive = false): Promise<RandomFile> {
  return must(target.facets.random).open(name, { exclusive });
}

function beginBatch(target: Target): Promise<OpenBatch> {
  return must(target.facets.batch).begin({ id: 'i', label: 'l', size: 3 }, options);
}

function acquire(target: Target): ReturnType<Facets['lease']['acquire']> {
  return must(target.facets.lease).acquire(name, { mode: 'shared', heartbeat: 1, holder });
}
