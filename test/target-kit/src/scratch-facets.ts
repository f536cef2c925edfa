import type { Facets, OpenBatch, RandomFile } from '@sysimage/core/plugin';
import type { Inside } from './scratch.js';

/** The same facets, with names that begin at the prefix. */
export function facetsBelow(facets: Partial<Facets>, inside: Inside): Partial<Facets> {
  const { random, batch, history, capacity, lease, media, retention } = facets;
  return {
    ...(random === undefined ? {} : { random: randomBelow(random, inside) }),
    ...(batch === undefined ? {} : { batch: batchBelow(batch, inside) }),
    ...(history === undefined ? {} : { history: historyBelow(history, inside) }),
    ...(capacity === undefined ? {} : { capacity: { read: (options) => capacity.read(inside.signalled(options)) } }),
    ...(lease === undefined ? {} : { lease: leaseBelow(lease, inside) }),
    ...(media === undefined
      ? {}
      : {
          media: {
            locate: (name, ranges, options) => media.locate(inside.full(name), ranges, inside.signalled(options)),
          },
        }),
    ...(retention === undefined
      ? {}
      : {
          retention: {
            extend: (name, until, options) => retention.extend(inside.full(name), until, inside.signalled(options)),
            read: (name, options) => retention.read(inside.full(name), inside.signalled(options)),
          },
        }),
  };
}

/** What an open object of the kit is underneath: `copyFrom` gets one of ours. */
const underneath = new WeakMap<RandomFile, RandomFile>();

function randomBelow(random: Facets['random'], inside: Inside): Facets['random'] {
  return {
    async open(name, options) {
      if (options.create === true) inside.made(inside.full(name));
      const file = await inside.track(random.open(inside.full(name), { ...options, ...inside.signalled(options) }));
      inside.atEnd(() => file.close());
      const wrapped = fileBelow(file, inside);
      underneath.set(wrapped, file);
      return wrapped;
    },
  };
}

function fileBelow(file: RandomFile, { assertGoesOn, track }: Inside): RandomFile {
  const going = async <T>(call: () => Promise<T>): Promise<T> => {
    assertGoesOn();
    return track(call());
  };
  return {
    size: () => going(() => file.size()),
    read: (offset, into) => going(() => file.read(offset, into)),
    write: (offset, bytes) => going(() => file.write(offset, bytes)),
    truncate: (size) => going(() => file.truncate(size)),
    flush: () => going(() => file.flush()),
    ...(file.deallocate === undefined ? {} : { deallocate: (range) => going(async () => file.deallocate?.(range)) }),
    ...(file.copyFrom === undefined
      ? {}
      : {
          copyFrom: (from, range, at) => going(async () => file.copyFrom?.(underneath.get(from) ?? from, range, at)),
        }),
    close: () => track(file.close()),
  };
}

function batchBelow(batch: Facets['batch'], inside: Inside): Facets['batch'] {
  const { prefix, full, short, signalled, made, track } = inside;
  return {
    async begin(spec, options) {
      // Ids are of the whole target, not of a prefix.
      const id = `${prefix.replaceAll('/', '-')}-${spec.id}`;
      const open = await batch.begin({ ...spec, id }, signalled(options));
      inside.atEnd(() => open.abort());
      const wrapped: OpenBatch = {
        async put(name, size, chunks, putOptions) {
          made(full(name));
          const stat = await track(open.put(full(name), size, chunks, signalled(putOptions)));
          return { ...stat, name: short(stat.name) };
        },
        commit: (commitOptions) => track(open.commit(signalled(commitOptions))),
        abort: () => track(open.abort()),
      };
      return wrapped;
    },
  };
}

function historyBelow(history: Facets['history'], inside: Inside): Facets['history'] {
  const { full, short, signalled, made, track } = inside;
  return {
    async capture(name, copy, options) {
      made(full(copy));
      const stat = await track(history.capture(full(name), full(copy), signalled(options)));
      return { ...stat, name: short(stat.name) };
    },
  };
}

function leaseBelow(lease: Facets['lease'], inside: Inside): Facets['lease'] {
  return {
    async acquire(name, options) {
      const held = await lease.acquire(inside.full(name), { ...options, ...inside.signalled(options) });
      inside.atEnd(() => held.release());
      return held;
    },
  };
}
