import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  throwIfCancelled,
  SysimageError,
  type Batches,
  type CallOptions,
  type Host,
  type ObjectName,
  type ObjectStat,
  type TargetParts,
} from '@sysimage/core/plugin';
import { folderMode, syncFolder } from './files.js';
import type { OpticalOptions } from './options.js';
import { findObject, statIn, type Shelf } from './shelf.js';
import { batchStagePath, openStage, putStagePath, sweepStages, type Stage } from './stage.js';
import { system } from './system-errors.js';
import { undoCutCommit, writeSet } from './write-set.js';

/** Puts alone and in batches: each batch, and each put outside one, becomes a set of discs of its own. */
export function createBatches(
  { folder, capacity }: OpticalOptions,
  look: () => Promise<Shelf>,
  host: Host,
): { readonly batch: Batches; readonly put: TargetParts['put'] } {
  // One after the other, so that names and numbers are looked for and taken without another between.
  let queue: Promise<unknown> = Promise.resolve();

  async function commit(stage: Stage, label: string, options: CallOptions | undefined): Promise<void> {
    const work = queue.then(async () => {
      throwIfCancelled('commit', options);
      const shelf = await look();
      for (const { name } of stage.objects()) refuseIfThere(shelf, name);
      if (stage.objects().length > 0) await writeSet({ folder, capacity, label, stage }, host, options);
    });
    queue = work.catch(() => {});
    await work;
    // The discs are there: a stage that stays is in nobody's way, and the next batch by this id removes it.
    await stage.remove().catch((error: unknown) => {
      host.log('target-optical.stage-stays', { path: stage.path, error: String(error) });
    });
  }

  return {
    batch: {
      async begin({ id, label }, beginOptions) {
        throwIfCancelled('begin', beginOptions);
        const path = batchStagePath(folder, id);
        const stage = await system('begin', folder, async () => {
          await makeFolder(folder);
          await sweepStages(folder, host, (stage) => undoCutCommit(stage, folder));
          await undoCutCommit(path, folder);
          return openStage(path);
        });
        let ended = false;
        const mustBeOpen = (operation: string): void => {
          if (ended) throw new SysimageError('invalid', 'The batch has ended', { operation, context: { batch: id } });
        };
        return {
          async put(name, size, chunks, options) {
            mustBeOpen('put');
            throwIfCancelled('put', options);
            refuseIfThere(await look(), name);
            await stage.put(name, size, chunks, options);
            return { name, size };
          },
          async commit(options) {
            mustBeOpen('commit');
            throwIfCancelled('commit', options);
            ended = true;
            try {
              await commit(stage, label, options);
            } catch (error) {
              // May be tried again, or aborted.
              ended = false;
              throw error;
            }
          },
          async abort() {
            if (ended) return;
            ended = true;
            await system('abort', folder, () => stage.remove());
          },
        };
      },
    },

    async put(name, size, chunks, options): Promise<ObjectStat> {
      throwIfCancelled('put', options);
      refuseIfThere(await look(), name);
      const stage = await system('put', name, async () => {
        await makeFolder(folder);
        await sweepStages(folder, host, (stage) => undoCutCommit(stage, folder));
        return openStage(putStagePath(folder, host));
      });
      try {
        await stage.put(name, size, chunks, options);
        await commit(stage, name, options);
      } catch (error) {
        await stage.remove().catch(() => {});
        throw error;
      }
      const found = findObject(await look(), name);
      return found === undefined ? { name, size } : statIn(found.set, name);
    },
  };
}

function refuseIfThere(shelf: Shelf, name: ObjectName): void {
  if (findObject(shelf, name) === undefined) return;
  throw new SysimageError('already-exists', `"${name}" is on a disc, and discs are written once`, {
    operation: 'put',
    context: { name },
  });
}

async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: folderMode });
  if (made === undefined) return;
  for (let path = folder; path.length >= made.length; path = dirname(path)) await syncFolder(dirname(path));
}
