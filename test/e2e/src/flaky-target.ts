import {
  SysimageError,
  type Chunks,
  type Facets,
  type ObjectName,
  type ObjectStat,
  type OpenBatch,
  type RandomFile,
  type Target,
} from '@sysimage/core';

/** Whether the next call that may be made again is to fail. */
export type Luck = () => boolean;

/** About every other time, and never more than `most` times until two calls got through. The same every time for the same seed. */
export function badLuck(seed: number, most: number): Luck {
  let state = seed;
  let failures = 0;
  let calm = 0;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    calm -= 1;
    if (calm >= 0 || state >> 16 < 0x4000) return false;
    failures += 1;
    if (failures % most === 0) calm = 2;
    return true;
  };
}

const cut = (operation: string): SysimageError =>
  new SysimageError('unavailable', `the line was cut during ${operation}`, { retry: 'later', operation });

/**
 * A target behind a line that is cut: before a call, in the middle of bytes in both directions, and after a put or remove was done, so
 * that only its answer is lost. What changes an open object, and a commit, gets through.
 */
export function flakyTarget<T extends Target>(target: T, fails: Luck): T {
  const { random, batch } = target.facets;
  const before = async <R>(operation: string, work: () => Promise<R>): Promise<R> => {
    if (fails()) throw cut(operation);
    return work();
  };
  const facets: Partial<Facets> = {
    ...target.facets,
    ...(random === undefined
      ? {}
      : {
          random: {
            open: async (name, options) => flakyFile(await before('open', () => random.open(name, options)), before),
          },
        }),
    ...(batch === undefined
      ? {}
      : {
          batch: {
            begin: async (spec, options) => {
              const open = await before('begin', () => batch.begin(spec, options));
              const flaky: OpenBatch = {
                put: flakyPut((...args) => open.put(...args), fails),
                commit: (...args) => open.commit(...args),
                abort: () => open.abort(),
              };
              return flaky;
            },
          },
        }),
  };
  return {
    ...target,
    facets,
    stat: (name, options) => before('stat', () => target.stat(name, options)),
    async *list(prefix, options) {
      const isCut = fails();
      for await (const stat of target.list(prefix, options)) {
        yield stat;
        if (isCut) break;
      }
      if (isCut) throw cut('list');
    },
    async *get(name, range, options) {
      const isCut = fails();
      for await (const chunk of target.get(name, range, options)) {
        yield isCut ? chunk.subarray(0, chunk.length >> 1) : chunk;
        if (isCut) throw cut('get');
      }
    },
    put: flakyPut((...args) => target.put(...args), fails),
    async remove(name, options) {
      await target.remove(name, options);
      if (fails()) throw cut('remove');
    },
  };
}

function flakyFile(file: RandomFile, before: <R>(operation: string, work: () => Promise<R>) => Promise<R>): RandomFile {
  return {
    ...file,
    size: () => before('size', () => file.size()),
    read: (offset, into) => before('read', () => file.read(offset, into)),
  };
}

function flakyPut(put: Target['put'], fails: Luck): Target['put'] {
  return async (name: ObjectName, size: number, chunks: Chunks, options): Promise<ObjectStat> => {
    const inTheMiddle = fails();
    const stat = await put(
      name,
      size,
      async function* sent() {
        for await (const chunk of chunks()) {
          yield chunk;
          if (inTheMiddle) throw cut('put');
        }
      },
      options,
    );
    if (fails()) throw cut('put');
    return stat;
  };
}
