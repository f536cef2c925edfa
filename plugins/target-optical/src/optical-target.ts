import { realpath, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import {
  throwIfCancelled,
  isBelow,
  SysimageError,
  type ExactParts,
  type Host,
  type ListOptions,
  type NamePrefix,
  type ObjectStat,
  type OpenPurpose,
  type TargetTraits,
} from '@sysimage/core/plugin';
import { createBatches } from './batches.js';
import type { OpticalOptions } from './options.js';
import { createObjectReader, lastDiscOf, withMedia, type Attempt } from './read-object.js';
import { createShelf, findObject, statIn, type Shelf } from './shelf.js';
import { errnoOf, system } from './system-errors.js';

/** Opens a folder of disc images as a target. For writing it need not be there yet. */
export async function openOptical(
  options: OpticalOptions,
  host: Host,
  purpose: OpenPurpose,
): Promise<ExactParts<'batch' | 'media', never>> {
  const folder = resolve(options.folder);
  const existing = await system('open', folder, () => existingFolder(folder));
  if (purpose === 'read' && existing !== folder) {
    throw new SysimageError('not-found', `there is no folder ${folder}`, {
      operation: 'open',
      context: { path: folder },
    });
  }
  const look = createShelf(folder, host);
  const { batch, put } = createBatches({ ...options, folder }, look, host);
  const reader = createObjectReader(look, host);
  return {
    traits: await traitsOf(folder, existing, options, host),
    facets: { batch, media: reader.media },
    async stat(name, callOptions) {
      throwIfCancelled('stat', callOptions);
      const found = await withMedia(look, host, callOptions, (shelf) => {
        const object = findObject(shelf, name);
        return object === undefined || object.set.complete ? { value: object } : { missing: lastDiscOf(object.set) };
      });
      return found?.stat;
    },
    async *list(prefix, listOptions) {
      throwIfCancelled('list', listOptions);
      const stats = await withMedia(look, host, listOptions, (shelf) => statsBelow(shelf, prefix, listOptions));
      for (const each of stats) {
        throwIfCancelled('list', listOptions);
        yield each;
      }
    },
    get: (name, range, getOptions) => reader.get(name, range, getOptions),
    put,
    async remove(name, callOptions) {
      throwIfCancelled('remove', callOptions);
      throw new SysimageError('unsupported', `"${name}" stays: discs are written once`, {
        operation: 'remove',
        context: { name },
      });
    },
    close: async () => {},
  };
}

/** In order of names. A name that only a set without its last disc has can be neither shown nor left out. */
function statsBelow(
  { sets }: Shelf,
  prefix: NamePrefix,
  options: ListOptions | undefined,
): Attempt<readonly ObjectStat[]> {
  const after = options?.after;
  const wanted = (name: string): boolean => isBelow(name, prefix) && (after === undefined || name > after);
  const found = new Map<string, ObjectStat>();
  for (const set of sets.filter(({ complete }) => complete)) {
    for (const name of set.catalog.streams.keys()) {
      if (wanted(name) && !found.has(name)) found.set(name, statIn(set, name));
    }
  }
  for (const set of sets.filter(({ complete }) => !complete)) {
    for (const name of set.catalog.streams.keys()) {
      if (wanted(name) && !found.has(name)) return { missing: lastDiscOf(set) };
    }
  }
  return { value: [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

async function existingFolder(folder: string): Promise<string> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      if ((await stat(path)).isDirectory()) return path;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') continue;
      if (errnoOf(error) !== 'ENOTDIR') throw error;
    }
    throw new SysimageError('invalid', `"${folder}" is no folder`, {
      operation: 'open',
      context: { field: 'folder' },
    });
  }
}

async function traitsOf(folder: string, existing: string, options: OpticalOptions, host: Host): Promise<TargetTraits> {
  const [real, { dev }] = await system('open', folder, () => Promise.all([realpath(existing), stat(existing)]));
  const disks = await host.disksBelow(existing);
  return {
    // The same before and after the folder is made.
    identity: `optical:${dev}:${resolve(real, relative(existing, folder))}`,
    location: folder,
    medium: 'optical',
    ...(disks.known ? { physicalDisks: disks.disks } : { physicalDisksUnknown: disks.why }),
    ...(disks.fileSystems === undefined ? {} : { fileSystemsBelow: disks.fileSystems }),
    writeOnce: true,
    removable: true,
    singleVersion: options.singleVersion,
    transport: 'local',
  };
}
