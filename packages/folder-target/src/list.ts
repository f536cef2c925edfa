import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  throwIfCancelled,
  isObjectName,
  type ListOptions,
  type NamePrefix,
  type ObjectName,
  type ObjectStat,
} from '@sysimage/core/plugin';
import type { Folders } from './folders.js';
import { statOf } from './object-file.js';
import { errnoOf, system } from './system-errors.js';

interface Entry {
  readonly name: ObjectName;
  readonly path: string;
  /** What the names below it start with, or its own name: as names sort, `a-b` and `a.b` come before `a/b`. */
  readonly order: string;
  readonly folder: boolean;
}

/** Every object below the prefix, one folder in memory at a time for each level. */
export async function* listObjects(
  root: string,
  folders: Folders,
  prefix: NamePrefix,
  options: ListOptions | undefined,
): AsyncIterable<ObjectStat> {
  throwIfCancelled('list', options);
  if (prefix === '') {
    yield* listFolder(root, '', options);
    return;
  }
  const inside = `${prefix}/x`;
  if (!isObjectName(inside)) return;
  const path = await system('list', prefix, () => folders.find(inside));
  if (path !== undefined) yield* listFolder(join(root, prefix), prefix, options);
}

async function* listFolder(
  folder: string,
  prefix: NamePrefix,
  options: ListOptions | undefined,
): AsyncIterable<ObjectStat> {
  const after = options?.after ?? '';
  for (const entry of await system('list', prefix, () => entriesOf(folder, prefix))) {
    throwIfCancelled('list', options);
    // All names below a folder start with `order`, so they lie on one side of `after` unless it does too.
    if (entry.order <= after && !after.startsWith(entry.order)) continue;
    if (entry.folder) {
      yield* listFolder(entry.path, entry.name, options);
    } else if (entry.name > after) {
      const stat = await system('list', entry.name, () => statObject(entry.name, entry.path));
      if (stat !== undefined) yield stat;
    }
  }
}

async function entriesOf(folder: string, prefix: NamePrefix): Promise<readonly Entry[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return [];
    throw error;
  });
  const entries: Entry[] = [];
  for (const entry of found) {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (!isObjectName(name)) continue;
    const path = join(folder, entry.name);
    const known = entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
    const kind = known ? entry : await lstat(path).catch(() => entry);
    if (kind.isDirectory()) entries.push({ name, path, order: `${name}/`, folder: true });
    else if (kind.isFile()) entries.push({ name, path, order: name, folder: false });
  }
  return entries.sort((a, b) => (a.order < b.order ? -1 : 1));
}

/** `undefined` when no object lies there; a link, a pipe or a folder is none. */
export async function statObject(name: ObjectName, path: string): Promise<ObjectStat | undefined> {
  try {
    const stats = await lstat(path, { bigint: true });
    return stats.isFile() ? statOf(name, stats) : undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw error;
  }
}
