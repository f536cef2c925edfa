import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  throwIfCancelled,
  untilCancelled,
  isObjectName,
  SysimageError,
  type CallOptions,
  type Chunks,
  type Host,
  type ObjectName,
} from '@sysimage/core/plugin';
import { writeFully } from '@sysimage/node-files';
import { fileMode, folderMode, syncFolder } from './files.js';
import { errnoOf, system } from './system-errors.js';

export interface StagedObject {
  readonly name: ObjectName;
  readonly size: number;
  readonly path: string;
}

/** A hidden folder where the objects of a set wait for their discs. */
export interface Stage {
  readonly path: string;
  /** In the order of their puts. */
  objects(): readonly StagedObject[];
  put(name: ObjectName, size: number, chunks: Chunks, options?: CallOptions): Promise<void>;
  remove(): Promise<void>;
}

/** Names the set whose discs are being moved into the folder, and the last of its images. */
export const commitMark = 'moving';

// A name that starts with a dot is no disc.
const batchStage = '.sysimage-batch-';
const putStage = '.sysimage-put-';
const objectFile = /^(\d{8})\.object$/u;
const orphanAge = 60 * 60 * 1000;
/** A batch may be taken up again; one that nobody wanted for so long only holds room. */
const orphanBatchAge = 7 * 24 * orphanAge;

export function isStage(name: string): boolean {
  return name.startsWith(batchStage) || name.startsWith(putStage);
}

/** The stage of a batch; the same id finds the same one, with what is whole in it. */
export function batchStagePath(folder: string, id: string): string {
  return join(folder, batchStage + createHash('sha256').update(id).digest('hex').slice(0, 32));
}

export function putStagePath(folder: string, host: Host): string {
  return join(folder, putStage + Buffer.from(host.random(16)).toString('hex'));
}

export async function openStage(path: string): Promise<Stage> {
  await mkdir(path, { recursive: true, mode: folderMode });
  await syncFolder(dirname(path));
  const found = new Map<ObjectName, StagedObject>();
  let last = 0;
  const files = (await readdir(path)).toSorted();
  for (const file of files) {
    const number = objectFile.exec(file)?.[1];
    if (number === undefined) {
      const owner = file.replace(/\.name$/u, '.object');
      // Half an object, or half a disc.
      if (file !== commitMark && (owner === file || !files.includes(owner)))
        await rm(join(path, file), { force: true });
      continue;
    }
    last = Math.max(last, Number(number));
    const staged = await stagedObject(join(path, file));
    if (staged === undefined) continue;
    found.delete(staged.name);
    found.set(staged.name, staged);
  }
  return {
    path,
    objects: () => [...found.values()],
    async put(name, size, chunks, options) {
      last += 1;
      const object = join(path, `${String(last).padStart(8, '0')}.object`);
      const temporary = `${object}.part`;
      try {
        await fill(temporary, { name, size }, chunks, options);
        await system('put', name, async () => {
          await writeFile(nameFile(object), name, { mode: fileMode, flush: true });
          await rename(temporary, object);
          await syncFolder(path);
        });
      } catch (error) {
        await unlink(temporary).catch(() => {});
        throw error;
      }
      const before = found.get(name);
      found.delete(name);
      found.set(name, { name, size, path: object });
      if (before === undefined) return;
      for (const file of [before.path, nameFile(before.path)]) await unlink(file).catch(() => {});
    },
    async remove() {
      await rm(path, { recursive: true, force: true });
      await syncFolder(dirname(path));
    },
  };
}

/** The set whose commit was cut in this stage, or goes on now: its last disc has not left the stage. */
export async function unfinishedSet(stage: string): Promise<string | undefined> {
  const mark = await readFile(join(stage, commitMark), 'utf8').catch(ignoreMissing);
  const [set, image] = mark?.trim().split(' ') ?? [];
  if (set === undefined || image === undefined) return undefined;
  return (await stat(join(stage, image)).catch(ignoreMissing)) === undefined ? undefined : set;
}

/** Removes the stages of puts that were killed, and of batches that nobody took up again. `end` goes first. */
export async function sweepStages(folder: string, host: Host, end: (stage: string) => Promise<void>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!isStage(name)) continue;
    const path = join(folder, name);
    const age = name.startsWith(putStage) ? orphanAge : orphanBatchAge;
    // One that cannot be looked at, or is gone, is in nobody's way but the disk's.
    await sweep(path, age, host, end).catch(() => {});
  }
}

async function sweep(path: string, age: number, host: Host, end: (stage: string) => Promise<void>): Promise<void> {
  const files = (await readdir(path)).map((file) => join(path, file));
  const times = await Promise.all([path, ...files].map(async (each) => (await stat(each)).mtimeMs));
  if (host.now().getTime() - Math.max(...times) < age) return;
  await end(path);
  await rm(path, { recursive: true, force: true });
  host.log('target-optical.leftover-removed', { path });
}

function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

/** The name of an object lies beside it: it may be longer than that of a file can be. */
function nameFile(path: string): string {
  return path.replace(/\.object$/u, '.name');
}

async function stagedObject(path: string): Promise<StagedObject | undefined> {
  const name = await readFile(nameFile(path), 'utf8').catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return '';
  });
  return isObjectName(name) ? { name, size: (await stat(path)).size, path } : undefined;
}

async function fill(
  path: string,
  { name, size }: { readonly name: ObjectName; readonly size: number },
  chunks: Chunks,
  options: CallOptions | undefined,
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await system('put', name, () => open(path, flags, fileMode));
  try {
    let written = 0;
    for await (const chunk of untilCancelled('put', chunks(), options)) {
      if (written + chunk.byteLength > size) throw wrongSize(name, `more than ${size} bytes came`);
      const at = written;
      await system('put', name, () => writeFully(handle, chunk, at));
      written += chunk.byteLength;
      throwIfCancelled('put', options);
    }
    if (written !== size) throw wrongSize(name, `${written} of ${size} bytes came`);
    await system('put', name, () => handle.sync());
    throwIfCancelled('put', options);
  } finally {
    await handle.close();
  }
}

function wrongSize(name: ObjectName, what: string): SysimageError {
  return new SysimageError('invalid', `"${name}" was not written: ${what}`, { operation: 'put', context: { name } });
}
