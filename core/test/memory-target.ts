import { completeTarget } from '../src/contract/capabilities.js';
import { SysimageError } from '../src/contract/errors.js';
import { isBelow, objectName } from '../src/contract/names.js';
import type { Target, TargetTraits } from '../src/contract/target.js';
import { MemoryFile } from './memory-file.js';

export type TargetCall = 'stat' | 'list' | 'get' | 'put' | 'remove' | 'open';

export interface MemoryTargetOptions {
  readonly traits?: Partial<TargetTraits>;
  /** Awaited before every call takes effect: tests order, delay and refuse calls here. */
  readonly before?: (call: TargetCall, name: string) => Promise<void>;
}

export const traits: TargetTraits = {
  identity: 'memory:test',
  location: 'the test target',
  medium: 'memory',
  physicalDisks: [],
  writeOnce: false,
  singleVersion: false,
  transport: 'local',
};

/** A target with random access over `objects`, which tests change behind its back. */
export function memoryTarget(objects: Map<string, MemoryFile>, options: MemoryTargetOptions = {}): Target<'random'> {
  const before = options.before ?? (() => Promise.resolve());
  const names = (): string[] => [...objects.keys()].toSorted();
  return completeTarget<'random'>({
    traits: { ...traits, ...options.traits },
    facets: {
      random: {
        open: async (name, { create }) => {
          await before('open', name);
          const file = objects.get(name) ?? (create === true ? new MemoryFile() : undefined);
          if (file === undefined) throw new SysimageError('not-found', name);
          objects.set(name, file);
          return file;
        },
      },
    },
    stat: async (name) => {
      await before('stat', name);
      const file = objects.get(name);
      return file === undefined ? undefined : { name, size: file.bytes.length };
    },
    list: async function* (prefix, { after } = {}) {
      await before('list', prefix);
      for (const name of names()) {
        const file = objects.get(name);
        if (file === undefined || !isBelow(name, prefix) || (after !== undefined && name <= after)) continue;
        yield { name: objectName(name), size: file.bytes.length };
      }
    },
    get: async function* (name, { start, end }) {
      await before('get', name);
      const bytes = objects.get(name)?.bytes;
      if (bytes === undefined) throw new SysimageError('not-found', name);
      if (end > bytes.length) throw new SysimageError('corrupt', `${name} ends before ${end}`);
      yield bytes.slice(start, end);
    },
    put: async (name, size, chunks) => {
      await before('put', name);
      const file = new MemoryFile();
      for await (const chunk of chunks()) await file.write(file.bytes.length, chunk);
      objects.set(name, file);
      return { name, size };
    },
    remove: async (name) => {
      await before('remove', name);
      objects.delete(name);
    },
    close: () => Promise.resolve(),
  });
}
