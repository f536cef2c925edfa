import type { Chunks, Facets, FacetName, ObjectName, OpenBatch, RandomFile, Target } from '@sysimage/core/plugin';

/** A way in which a target can be wrong, as targets in the field were. `spoil` gets every target that a place opens. */
export interface PlantedFault {
  readonly name: string;
  /** The name of the case that is about it, which must notice. */
  readonly caughtBy: string;
  /** `undefined` where the fault cannot be: the place has not what it is about. */
  readonly spoil: (target: Target) => Target | undefined;
}

type Methods = Partial<Pick<Target, 'stat' | 'list' | 'get' | 'put' | 'remove' | 'facets' | 'capabilities' | 'traits'>>;

/** The same target with some parts replaced. */
export function but(target: Target, methods: Methods): Target {
  return {
    traits: methods.traits ?? target.traits,
    capabilities: methods.capabilities ?? target.capabilities,
    facets: methods.facets ?? target.facets,
    stat: methods.stat ?? ((...call) => target.stat(...call)),
    list: methods.list ?? ((...call) => target.list(...call)),
    get: methods.get ?? ((...call) => target.get(...call)),
    put: methods.put ?? ((...call) => target.put(...call)),
    remove: methods.remove ?? ((...call) => target.remove(...call)),
    close: () => target.close(),
  };
}

/** The same target with one facet replaced; nothing where there is none. */
export function butFacet<K extends FacetName>(
  target: Target,
  name: K,
  spoil: (facet: NonNullable<Target['facets'][K]>) => Facets[K],
): Target | undefined {
  const facet = target.facets[name];
  return facet === undefined ? undefined : but(target, { facets: { ...target.facets, [name]: spoil(facet) } });
}

/** The same target, whose open objects have some methods replaced. */
export function butFile(
  target: Target,
  spoil: (file: RandomFile, name: ObjectName) => Partial<RandomFile>,
): Target | undefined {
  return butFacet(target, 'random', (random) => ({
    open: async (name, options) => {
      const file = await random.open(name, options);
      return { ...methodsOf(file), ...spoil(file, name) };
    },
  }));
}

export function methodsOf(file: RandomFile): RandomFile {
  return {
    size: () => file.size(),
    read: (offset, into) => file.read(offset, into),
    write: (offset, bytes) => file.write(offset, bytes),
    truncate: (size) => file.truncate(size),
    flush: () => file.flush(),
    ...(file.deallocate === undefined ? {} : { deallocate: async (range) => file.deallocate?.(range) }),
    ...(file.copyFrom === undefined ? {} : { copyFrom: async (from, range, at) => file.copyFrom?.(from, range, at) }),
    close: () => file.close(),
  };
}

/** The same target, whose batches have some methods replaced. */
export function butBatch(
  target: Target,
  spoil: (open: OpenBatch, begin: (id: string) => Promise<OpenBatch>) => Partial<OpenBatch>,
): Target | undefined {
  return butFacet(target, 'batch', (batch) => ({
    begin: async (spec, options) => {
      const open = await batch.begin(spec, options);
      return {
        put: (...call) => open.put(...call),
        commit: (...call) => open.commit(...call),
        abort: () => open.abort(),
        ...spoil(open, (id) => batch.begin({ ...spec, id }, options)),
      };
    },
  }));
}

export async function collect(chunks: Chunks): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks()) parts.push(chunk.slice());
  return new Uint8Array(Buffer.concat(parts));
}

export async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** All bytes of an object; nothing when it is not there. */
export async function contentOf(target: Target, name: ObjectName): Promise<Uint8Array | undefined> {
  const stat = await target.stat(name);
  if (stat === undefined) return undefined;
  return collect(() => target.get(name, { start: 0, end: stat.size }));
}

/** The options without what a careless target forgets to pass on. */
export function without<T extends object, K extends keyof T>(options: T | undefined, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = { ...options } as T;
  return rest;
}
