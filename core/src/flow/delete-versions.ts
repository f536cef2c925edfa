import { SysimageError } from '../contract/errors.js';
import { supports, type Held, type Target } from '../contract/target.js';
import { readCatalog, type Catalog } from '../image/catalog.js';
import { findTops, type Top } from '../image/find-tops.js';
import { putBytes } from '../image/object-io.js';
import { assertCanRollBack, rollBack } from '../image/roll-back.js';
import { encodeStamped } from '../image/stamped-json.js';
import { sweep } from '../image/sweep.js';
import type { RunMark } from '../model/version-record.js';
import { withBallast } from './ballast.js';
import { compactAfter } from './compact.js';
import type { EngineServices, Report } from './engine.js';
import { acquireLease, type StealLease } from './lease.js';
import { planRemoval, type RemovalPlan } from './plan-removal.js';
import { recover } from './recover.js';

export interface DeleteRequest {
  readonly target: Target;
  readonly catalog: Catalog;
  /** Ids of versions, complete or lost. */
  readonly versions: readonly string[];
  /**
   * Ids of versions without which nothing is deleted: what goes was chosen because they are there. Others may be gone already.
   * Errors: `busy` when one of them is missing.
   */
  readonly staying?: readonly string[];
  /** Take the image back to an older version where the newest one is deleted. */
  readonly rollBack: boolean;
  /** Milliseconds to wait for a backup that is going on. */
  readonly lockWait?: number;
  /** Asked whether the lease of a backup that goes on, or seems to, is taken away. Absent: it is not. */
  readonly stealLease?: StealLease;
  readonly signal?: AbortSignal;
}

/** What a deletion would do. */
export interface DeletionPlan extends RemovalPlan {
  /** Ids, oldest first. */
  readonly remove: readonly string[];
  /** Of these, the newest of images in which older versions stay: their images are taken back, which takes as long as their changes did. */
  readonly rolledBack: readonly string[];
}

/** Tells what a deletion would do. Writes nothing. Errors: as of `deleteVersions`, as far as they can be told before. */
export async function planDeletion(
  request: DeleteRequest,
  services: Pick<EngineServices, 'hasher'>,
): Promise<DeletionPlan> {
  assertDeletable(request);
  const tops = await assertRollBackAsked(request, request.catalog);
  return {
    remove: request.versions.toSorted(),
    rolledBack: tops.map(({ run }) => run),
    ...(await planRemoval(request, new Set(request.versions), services)),
  };
}

/**
 * Deletes versions. Their records go first, oldest first, then what nobody needs any more; the layers of a deleted version stay
 * as long as an older one is read through them, and are merged where that frees something.
 *
 * The newest version of an image is the image itself. To delete it while older ones stay, it is made an unfinished run again,
 * and that run is taken back, together with what deleted versions below it left: a cut at any point leaves either the version or
 * an open run.
 *
 * Errors: `unsupported` on a target that is written once; `invalid` when the newest is to go and `rollBack` is not set.
 */
export async function deleteVersions(request: DeleteRequest, services: EngineServices, report: Report): Promise<void> {
  const { target, versions } = request;
  assertDeletable(request);
  const { names, folder } = request.catalog;
  await assertRollBackAsked(request, request.catalog);
  const held = await acquireLease(target, names, services, {
    wait: request.lockWait ?? 0,
    steal: request.stealLease,
    signal: request.signal,
  });
  try {
    const read = (): Promise<Catalog> => readCatalog(target, folder, services.hasher);
    const recovered = await recover(target, await read(), services, report, { held });
    const gone = request.staying?.find((id) => recovered.versions.every((version) => version.id !== id));
    if (gone !== undefined)
      throw new SysimageError('busy', `version ${gone}, which was to stay, is gone meanwhile`, {
        operation: 'delete',
        retry: 'later',
        remedy: 'Nothing was deleted. Look again at what is there.',
      });
    const tops = await assertRollBackAsked(request, recovered);
    for (const { disks } of tops) await assertCanRollBack(target, disks, services.hasher);
    for (const id of versions.toSorted()) {
      held.assertHeld();
      if (tops.some((top) => top.run === id)) continue;
      await withBallast(target, names, () => target.remove(names.version(id)));
    }
    for (const top of tops) {
      held.assertHeld();
      await takeBack({ target, catalog: await read(), held }, top, services);
    }
    await sweep(target, await read(), held);
    if (supports(target, 'random'))
      await compactAfter({ target, folder, held, signal: request.signal }, services, report);
  } finally {
    await held.release().catch((error: unknown) => services.log.write('lease-not-released', { error: String(error) }));
  }
}

function assertDeletable({ target }: DeleteRequest): void {
  if (!target.traits.writeOnce) return;
  throw new SysimageError('unsupported', `what is on ${target.traits.location} cannot be deleted`, {
    operation: 'delete',
    remedy: 'A set of discs is given up as a whole: destroy or relabel the discs.',
  });
}

async function assertRollBackAsked(request: DeleteRequest, catalog: Catalog): Promise<readonly Top[]> {
  const known = new Set([...catalog.versions, ...catalog.lost].map(({ id }) => id));
  // Where it is said what must stay, it does not matter who took the rest away.
  const missing = request.staying === undefined ? request.versions.find((id) => !known.has(id)) : undefined;
  if (missing !== undefined)
    throw new SysimageError('not-found', `there is no version ${missing}`, { operation: 'delete' });
  const tops = await findTops(request.target, catalog, new Set(request.versions));
  const [first] = tops;
  if (first === undefined || request.rollBack) return tops;
  throw new SysimageError('invalid', `version ${first.run} is the newest: its image is the disk itself`, {
    operation: 'delete',
    remedy: 'Give --roll-back to take the image back to the version before; that takes as long as its changes did.',
  });
}

/** Makes the run that is on top of an image an open one, and takes it back. */
async function takeBack(
  { target, catalog, held }: { target: Target; catalog: Catalog; held: Held },
  top: Top,
  { clock, hasher }: EngineServices,
): Promise<void> {
  if (!supports(target, 'random')) throw new SysimageError('internal', 'a layer on a target without random writes');
  const { names } = catalog;
  const mark: RunMark = {
    format: 'sysimage-run/1',
    run: top.run,
    startedAt: clock.now().toISOString(),
    disks: [...top.disks],
  };
  const put: Target['put'] = (...call) => target.put(...call);
  held.assertHeld();
  // The mark first: a record with a mark is still a version, a mark without a record is an open run.
  await withBallast(target, names, () => putBytes(put, names.run(top.run), encodeStamped(mark, hasher), hasher));
  held.assertHeld();
  await withBallast(target, names, () => target.remove(names.version(top.run)));
  const open: Catalog = {
    ...catalog,
    versions: catalog.versions.filter(({ id }) => id !== top.run),
    lost: catalog.lost.filter(({ id }) => id !== top.run),
    openRuns: [...catalog.openRuns, mark],
  };
  await withBallast(target, names, () => rollBack(target, open, mark, hasher, held));
}
