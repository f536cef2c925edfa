import type { Chunks, ObjectName, ObjectStat, RandomFile, Target } from '@sysimage/core/plugin';

/** A way in which a target can be wrong, as targets in the field were. `spoil` gets every target that a place opens. */
export interface PlantedFault {
  readonly name: string;
  readonly spoil: (target: Target) => Target;
}

type Methods = Partial<Pick<Target, 'stat' | 'list' | 'get' | 'put' | 'remove' | 'facets' | 'capabilities'>>;

/** The same target with some parts replaced. */
export function but(target: Target, methods: Methods): Target {
  return {
    traits: target.traits,
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

export function butFile(target: Target, spoil: (file: RandomFile, name: ObjectName) => Partial<RandomFile>): Target {
  const { random } = target.facets;
  if (random === undefined) return target;
  return but(target, {
    facets: {
      ...target.facets,
      random: {
        open: async (name, options) => {
          const file = await random.open(name, options);
          return {
            size: () => file.size(),
            read: (offset, into) => file.read(offset, into),
            write: (offset, bytes) => file.write(offset, bytes),
            truncate: (size) => file.truncate(size),
            flush: () => file.flush(),
            ...(file.deallocate === undefined ? {} : { deallocate: async (range) => file.deallocate?.(range) }),
            close: () => file.close(),
            ...spoil(file, name),
          };
        },
      },
    },
  });
}

export async function collect(chunks: Chunks): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks()) parts.push(chunk.slice());
  return new Uint8Array(Buffer.concat(parts));
}

export async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export async function all(list: AsyncIterable<ObjectStat>): Promise<ObjectStat[]> {
  const found: ObjectStat[] = [];
  for await (const stat of list) found.push(stat);
  return found;
}
