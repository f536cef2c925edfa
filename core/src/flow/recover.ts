import { isSysimageError, SysimageError } from '../contract/errors.js';
import { supports, type Held, type Target } from '../contract/target.js';
import { readCatalog, type Catalog } from '../image/catalog.js';
import { parseLayerName } from '../image/names.js';
import { once, readSmall } from '../image/object-io.js';
import { recordLimit } from '../image/stamped-json.js';
import { rollBack } from '../image/roll-back.js';
import { sweep } from '../image/sweep.js';
import type { RunMark } from '../model/version-record.js';
import { withBallast } from './ballast.js';
import type { EngineServices, Report } from './engine.js';
import { forgottenFindings } from './engine-findings.js';
import { findForgotten } from './find-forgotten.js';
import { isFirst } from './open-unfinished.js';

/**
 * Takes back every run that was cut, and forgets marks of runs that were committed. With `keepFirst`, a run that was cut while it
 * wrote first images stays, for a backup to go on with.
 */
export async function recover(
  target: Target,
  catalog: Catalog,
  { hasher }: EngineServices,
  report: Report,
  { held, keepFirst = false }: { readonly held: Held | undefined; readonly keepFirst?: boolean },
): Promise<Catalog> {
  if (target.traits.writeOnce) return catalog;
  let abandoned = false;
  // What was written last is taken back first.
  for (const mark of catalog.openRuns.toSorted((a, b) => (a.run < b.run ? 1 : -1))) {
    if (keepFirst && isFirst(mark) && supports(target, 'random')) continue;
    if (supports(target, 'random')) {
      const isBack = await takeBack({ target, catalog, held }, mark, hasher, report);
      abandoned ||= !isBack;
    } else if (isFirst(mark) || !(await hasLayer(target, catalog, mark.run)))
      await target.remove(catalog.names.run(mark.run));
    else
      throw new SysimageError('unsupported', `the unfinished run ${mark.run} cannot be taken back on this target`, {
        operation: 'roll back',
        remedy: 'Open the target in the way in which that run wrote to it: files must be changed in place.',
      });
    report({ event: 'recovered', run: mark.run });
  }
  for (const run of catalog.staleRuns) {
    // The record can be seen, but whoever put it may not have lived to see it durable: the mark must not go first.
    const name = catalog.names.version(run);
    const bytes = await readSmall(target, name, recordLimit);
    held?.assertHeld();
    if (bytes !== undefined)
      await withBallast(target, catalog.names, () => target.put(name, bytes.length, () => once(bytes)));
    await target.remove(catalog.names.run(run));
  }
  let recovered = await readCatalog(target, catalog.folder, hasher);
  const forgotten = supports(target, 'random') ? await findForgotten(target, recovered, hasher) : [];
  if (forgotten.length > 0 && supports(target, 'random')) {
    const isBack = await takeBack({ target, catalog: recovered, held }, markOf(forgotten), hasher, report);
    abandoned ||= !isBack;
    for (const finding of isBack ? forgottenFindings(forgotten) : []) report({ event: 'finding', finding });
    recovered = await readCatalog(target, catalog.folder, hasher);
  }
  // What is left of a run that could not be taken back may still be of use to somebody: it goes with the next run.
  if (!abandoned) await sweep(target, recovered, held);
  return recovered;
}

/** False when the run cannot be taken back, because its layer or an image is gone: then nothing can be done but to go on. */
async function takeBack(
  { target, catalog, held }: { target: Target<'random'>; catalog: Catalog; held: Held | undefined },
  mark: RunMark,
  hasher: EngineServices['hasher'],
  report: Report,
): Promise<boolean> {
  try {
    await withBallast(target, catalog.names, () => rollBack(target, catalog, mark, hasher, held));
    return true;
  } catch (error) {
    if (!isSysimageError(error, 'corrupt') && !isSysimageError(error, 'not-found')) throw error;
    report({
      event: 'finding',
      finding: {
        policy: 'target/damaged-image',
        severity: 'error',
        outcome: 'violation',
        subject: `runs/${mark.run}`,
        message: `an unfinished backup could not be taken back: ${error.message}. Blocks that it had changed are lost to older versions`,
        remedy: 'Check the target disk, and who else writes to it. This backup writes every block that is wrong anew.',
      },
    });
    await target.remove(catalog.names.run(mark.run));
    return false;
  }
}

/** The layers of runs without records, as if they were one that is open. */
function markOf(disks: RunMark['disks']): RunMark {
  const runs = disks.map(({ layer = '' }) => parseLayerName(layer)?.run ?? '').toSorted();
  return { format: 'sysimage-run/1', run: runs.at(-1) ?? '', startedAt: '', disks };
}

/** True when a run wrote a layer: then files were changed in place. */
async function hasLayer(target: Target, catalog: Catalog, run: string): Promise<boolean> {
  for await (const { name } of target.list(catalog.names.folder)) if (parseLayerName(name)?.run === run) return true;
  return false;
}
