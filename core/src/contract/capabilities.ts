import type { Capabilities, FacetName, Target, TargetParts, TargetTraits } from './target.js';

/** What flags are derived from: of facets only whether they are there. */
interface Described {
  readonly traits: TargetTraits;
  readonly facets: { readonly [K in FacetName]?: unknown };
}

/** Derives the flags from facts and facets, so that no flag can claim what is not there. */
export function deriveCapabilities(parts: Described): Capabilities {
  const { traits, facets } = parts;
  return {
    shadowCopies: shadowCopies(parts),
    singleVersion: traits.singleVersion,
    dynamicDisk: dynamicDisk(parts),
    randomWrite: facets.random !== undefined,
    atomicBatch: facets.batch !== undefined,
    writeOnce: traits.writeOnce,
    removable: traits.removable === undefined ? 'unknown' : traits.removable ? 'yes' : 'no',
    needsMedia: facets.media !== undefined,
    immutability: facets.retention !== undefined,
    encryptedTransport:
      traits.transport === 'local' ? 'not-applicable' : traits.transport === 'encrypted' ? 'yes' : 'no',
    freeSpaceKnown: facets.capacity !== undefined,
    maxObjectSize: traits.maxObjectSize,
  };
}

/** Completes what a plugin opened. The methods keep their receiver, so parts may be a class instance. */
export function completeTarget<F extends FacetName>(parts: TargetParts<F>): Target<F> {
  return {
    traits: parts.traits,
    facets: parts.facets,
    capabilities: deriveCapabilities(parts),
    stat: (name, options) => parts.stat(name, options),
    list: (prefix, options) => parts.list(prefix, options),
    get: (name, range, options) => parts.get(name, range, options),
    put: (name, size, chunks, options) => parts.put(name, size, chunks, options),
    remove: (name, options) => parts.remove(name, options),
    close: () => parts.close(),
  };
}

function shadowCopies({ traits, facets }: Described): Capabilities['shadowCopies'] {
  if (traits.singleVersion) return 'none';
  if (facets.history !== undefined) return 'native';
  return facets.random !== undefined ? 'engine' : 'none';
}

function dynamicDisk({ traits }: Pick<Described, 'traits'>): Capabilities['dynamicDisk'] {
  if (traits.physicalDisks === undefined) return traits.medium === 'disk' ? 'unknown' : 'not-applicable';
  if (traits.physicalDisks.length === 0) return 'not-applicable';
  if (traits.physicalDisks.some((disk) => disk.dynamic === 'yes')) return 'yes';
  return traits.physicalDisks.some((disk) => disk.dynamic === 'unknown') ? 'unknown' : 'no';
}
