import {
  completeTarget,
  isObjectName,
  objectName,
  SysimageError,
  type CallOptions,
  type NamePrefix,
  type ObjectName,
  type ObjectStat,
  type Target,
} from '@sysimage/core/plugin';
import { facetsBelow } from './scratch-facets.js';

/** How long an unfinished call may hold up the end of a case, in milliseconds. */
const patience = 30_000;

export interface ScratchOptions {
  /** Of every name. */
  readonly prefix: ObjectName;
  /** Ends every call with `cancelled`. */
  readonly signal?: AbortSignal;
}

/** A place inside somebody's target: whatever is done there stays below one prefix, and is taken away again. */
export interface Scratch {
  /** Segments that are left for names. */
  readonly depth: number;
  /** The same target, with names that begin at the prefix. May be called for several of the same place. */
  below(target: Target): Target;
  /**
   * Waits for what goes on, closes every target of `below`, and removes through `target` what was put, listed or not. Resolves with
   * the names that are still there.
   */
  clear(target: Target): Promise<readonly ObjectName[]>;
}

/** What the facets need of their scratch place. */
export interface Inside {
  readonly prefix: ObjectName;
  readonly full: (name: ObjectName) => ObjectName;
  readonly short: (name: ObjectName) => ObjectName;
  readonly signalled: <T extends CallOptions>(
    options: T | undefined,
  ) => T | { readonly signal: AbortSignal } | undefined;
  readonly assertGoesOn: () => void;
  /** For objects that may be on the medium from now on. */
  readonly made: (name: ObjectName) => void;
  /** For calls that may still change something when the case has ended. */
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  /** What must be ended before anything can be removed. */
  readonly atEnd: (end: () => Promise<unknown>) => void;
}

export function openScratch({ prefix, signal }: ScratchOptions): Scratch {
  const names = new Set<ObjectName>();
  const working = new Set<Promise<unknown>>();
  const ends: (() => Promise<unknown>)[] = [];
  const full = (name: ObjectName): ObjectName => objectName(prefix, ...name.split('/'));
  const short = (name: ObjectName): ObjectName => {
    const rest = name.slice(prefix.length + 1);
    if (name.startsWith(`${prefix}/`) && isObjectName(rest)) return rest;
    throw new Error(`the target came with the name ${name}, which is not below ${prefix}`);
  };
  const inside: Inside = {
    prefix,
    full,
    short,
    signalled: (options) => withSignal(options, signal),
    assertGoesOn: () => {
      if (signal?.aborted === true) throw new SysimageError('cancelled', 'The check was stopped');
    },
    made: (name) => void names.add(name),
    track: async (work) => {
      const ended = work.then(
        () => undefined,
        () => undefined,
      );
      working.add(ended);
      return work.finally(() => working.delete(ended));
    },
    atEnd: (end) => void ends.unshift(end),
  };
  return {
    depth: 8 - prefix.split('/').length,
    below(target) {
      inside.atEnd(() => target.close());
      return targetBelow(target, inside);
    },
    async clear(target) {
      await Promise.race([Promise.all(working), pause(patience)]);
      for (const end of ends.splice(0)) await end().catch(() => undefined);
      return target.traits.writeOnce ? [] : removeBelow(target, prefix, names);
    },
  };
}

/** Removes every object below a prefix, and those of `more`. Resolves with the names that are still there. */
export async function removeBelow(
  target: Target,
  prefix: ObjectName,
  more: Iterable<ObjectName> = [],
): Promise<readonly ObjectName[]> {
  const names = new Set(more);
  try {
    for await (const { name } of target.list(prefix)) if (name.startsWith(`${prefix}/`)) names.add(name);
  } catch {
    // Then only those are removed that are known to have been put.
  }
  const left: ObjectName[] = [];
  for (const name of names) {
    await target.remove(name).catch(() => undefined);
    const found = await target.stat(name).catch(() => undefined);
    if (found !== undefined) left.push(name);
  }
  return left;
}

function targetBelow(target: Target, inside: Inside): Target {
  const { full, short, signalled, made, track } = inside;
  const known = (stat: ObjectStat): ObjectStat => ({ ...stat, name: short(stat.name) });
  const below = (prefix: NamePrefix): ObjectName => (prefix === '' ? inside.prefix : full(prefix));
  return completeTarget<never>({
    traits: target.traits,
    facets: facetsBelow(target.facets, inside),
    async stat(name, options) {
      const stat = await target.stat(full(name), signalled(options));
      return stat === undefined ? undefined : known(stat);
    },
    async *list(prefix, { after, ...options } = {}) {
      const given = { ...options, ...(after === undefined ? {} : { after: full(after) }) };
      for await (const stat of target.list(below(prefix), signalled(given))) yield known(stat);
    },
    get: (name, range, options) => target.get(full(name), range, signalled(options)),
    async put(name, size, chunks, options) {
      made(full(name));
      return known(await track(target.put(full(name), size, chunks, signalled(options))));
    },
    remove: (name, options) => track(target.remove(full(name), signalled(options))),
    close: () => target.close(),
  });
}

function withSignal<T extends CallOptions>(
  options: T | undefined,
  signal: AbortSignal | undefined,
): T | { readonly signal: AbortSignal } | undefined {
  if (signal === undefined) return options;
  if (options === undefined) return { signal };
  const { signal: own } = options;
  return { ...options, signal: own === undefined ? signal : AbortSignal.any([own, signal]) };
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
