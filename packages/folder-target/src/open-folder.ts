import { realpath, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import {
  throwIfCancelled,
  SysimageError,
  type Capacity,
  type ExactParts,
  type Host,
  type OpenPurpose,
  type TargetTraits,
} from '@sysimage/core/plugin';
import { fileSystemName } from './file-system-name.js';
import type { PlaceInFolder } from './folder-options.js';
import { createFolders, nearestExisting, syncFolder } from './folders.js';
import { getObject } from './get.js';
import { listObjects, statObject } from './list.js';
import { createPut } from './put.js';
import { createRandomAccess } from './random-access.js';
import { errnoOf, system } from './system-errors.js';

export interface FolderOptions extends PlaceInFolder {
  /** Word of the target's kind, for its identity. */
  readonly kind: string;
}

/** Opens a folder as a target. For writing it need not be there yet: nothing is made before the first put. */
export async function openFolder(
  options: FolderOptions,
  host: Host,
  purpose: OpenPurpose,
): Promise<ExactParts<'random' | 'capacity', never>> {
  const root = resolve(options.path);
  const existing = await system('open', root, () => existingFolder(root));
  if (purpose === 'read' && existing !== root) {
    throw new SysimageError('not-found', `there is no folder ${root}`, { operation: 'open', context: { path: root } });
  }
  const folders = createFolders(root);
  return {
    traits: await traitsOf(root, existing, options, host),
    facets: { random: createRandomAccess(folders), capacity: capacityOf(root) },
    async stat(name, callOptions) {
      throwIfCancelled('stat', callOptions);
      return system('stat', name, async () => {
        const path = await folders.find(name);
        return path === undefined ? undefined : statObject(name, path);
      });
    },
    list: (prefix, listOptions) => listObjects(root, folders, prefix, listOptions),
    get: (name, range, getOptions) => getObject(folders, name, range, getOptions),
    put: createPut(folders, host),
    async remove(name, callOptions) {
      throwIfCancelled('remove', callOptions);
      // The folder stays, though it may be empty now: another put may just be about to write into it, and nobody sees it.
      await system('remove', name, async () => {
        const path = await folders.find(name);
        if (path !== undefined) await removeFile(path, () => statObject(name, path));
      });
    },
    close: async () => {},
  };
}

async function existingFolder(root: string): Promise<string> {
  try {
    const existing = await nearestExisting(root);
    if ((await stat(existing)).isDirectory()) return existing;
  } catch (error) {
    if (errnoOf(error) !== 'ENOTDIR') throw error;
  }
  throw new SysimageError('invalid', `"${root}" is no folder`, { operation: 'open', context: { field: 'path' } });
}

async function removeFile(path: string, find: () => Promise<object | undefined>): Promise<void> {
  if ((await find()) !== undefined) {
    await unlink(path).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }
  // Also when it was gone already: whoever removed it may not have come this far.
  await syncFolder(dirname(path)).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
}

async function traitsOf(root: string, existing: string, options: FolderOptions, host: Host): Promise<TargetTraits> {
  const [real, { dev }, { type }] = await system('open', root, () =>
    Promise.all([realpath(existing), stat(existing), statfs(existing)]),
  );
  const disks = await host.disksBelow(existing);
  const fileSystem = fileSystemName(type);
  return {
    // The same before and after the folder is made; an inode number would not be.
    identity: `${options.kind}:${dev}:${resolve(real, relative(existing, root))}`,
    location: root,
    medium: 'disk',
    ...(disks.known ? { physicalDisks: disks.disks } : { physicalDisksUnknown: disks.why }),
    ...(disks.fileSystems === undefined ? {} : { fileSystemsBelow: disks.fileSystems }),
    ...(fileSystem === undefined ? {} : { fileSystem }),
    writeOnce: false,
    singleVersion: options.singleVersion ?? false,
    transport: 'local',
  };
}

function capacityOf(root: string): Capacity {
  return {
    async read(options) {
      throwIfCancelled('capacity', options);
      const { bsize, blocks, bavail } = await system('capacity', root, async () => statfs(await nearestExisting(root)));
      return { total: blocks * bsize, free: bavail * bsize };
    },
  };
}
