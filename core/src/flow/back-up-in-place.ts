import type { Target } from '../contract/target.js';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { ObjectName } from '../contract/names.js';
import { oldestId } from '../image/catalog.js';
import { encodeExtents } from '../image/extent-codec.js';
import { formatFor } from '../image/choose-format.js';
import { originOf } from '../image/family.js';
import { guardFile } from '../image/guarded-file.js';
import { InPlaceImage } from '../image/in-place-image.js';
import { newIdentity } from '../image/new-identity.js';
import { putBytes } from '../image/object-io.js';
import { rollBack } from '../image/roll-back.js';
import { encodeStamped } from '../image/stamped-json.js';
import { readAllocation } from '../image/read-map.js';
import type { Finding } from '../model/finding.js';
import type { DiskRecord, LayerEntry, RunMark, VersionRecord } from '../model/version-record.js';
import { assertThere } from './assert-there.js';
import { removeMark, type RunContext } from './run-context.js';
import { withBallast } from './ballast.js';
import { CanonicalReader } from './canonical-reader.js';
import { engineFindings } from './engine-findings.js';
import { createFile, openDisk, type OpenDisk } from './open-disk.js';
import { isFirst } from './open-unfinished.js';
import { writeInPlace } from './write-in-place.js';

/**
 * The write protocol of in-place images:
 *
 * 1. for every disk with a base: open the image, make the layer with batch 0 (table, footer, length as they are), flush; where the
 *    place keeps states, make a copy of the image that shares its bytes instead, and go on with that: the base stays as it is;
 * 2. put the run mark: from here on the base reads as layer over image;
 * 3. for every disk: batches of displaced grains, flush, then the changes;
 * 4. table and footer, flush the images; seal the layers; put map shards and allocation maps;
 * 5. put the version record: that is the commit; 6. remove the run mark.
 *
 * Whatever fails before 5 is rolled back here, or by the next run if this one does not live to do it.
 */
export async function backUpInPlace(context: RunContext, target: Target<'random'>): Promise<VersionRecord> {
  const { catalog, run, held, services, prepared } = context;
  if (held === undefined) throw new SysimageError('internal', 'in-place images need a lease');
  const { names } = catalog;
  const { hasher } = services;
  const disks: OpenDisk[] = [];
  let mark: RunMark | undefined;
  let committing = false;
  const put: Target['put'] = (...call) => target.put(...call);
  try {
    for (const plan of prepared.plan.disks) disks.push(await openDisk(context, target, plan));
    mark = {
      format: 'sysimage-run/1',
      run,
      startedAt: context.startedAt,
      disks: disks.map(({ plan, imageName, layer, base, captured }) => ({
        key: plan.key,
        image: imageName,
        ...(layer === undefined || base === undefined ? {} : { layer: layer.name, base: base.version.id }),
        ...(captured === undefined ? {} : { base: captured.version.id }),
      })),
    };
    held.assertHeld();
    await putBytes(put, names.run(run), encodeStamped(mark, hasher), hasher);
    await takeOverUnfinished(context, disks);
    const records: DiskRecord[] = [];
    const findings: Finding[] = [];
    for (const disk of disks) records.push(await writeDisk(context, target, disk, findings));
    await context.assertStill();
    const record = context.record(records, findings);
    await assertThere(context, record);
    held.assertHeld();
    committing = true;
    await withBallast(target, names, () => putBytes(put, names.version(run), encodeStamped(record, hasher), hasher));
    await removeMark(context);
    return record;
  } catch (error) {
    await closeAll(disks);
    // Without the lease the folder is somebody else's; who takes it next rolls back. And a record that may be there after all
    // makes the run committed: the mark stays, and the next run sees which it is.
    const isDone = committing && (await mayExist(target, names.version(run)));
    // What was written of first images is for the next run to go on with, unless it would come no further either.
    const isHopeless = isSysimageError(error, 'no-space') || isSysimageError(error, 'unsupported');
    const goesOn = mark !== undefined && isFirst(mark) && !isHopeless;
    if (mark !== undefined && !held.lost.aborted && !isDone && !goesOn) await takeBack(context, target, mark);
    throw error;
  }
}

async function writeDisk(
  context: RunContext,
  target: Target<'random'>,
  disk: OpenDisk,
  findings: Finding[],
): Promise<DiskRecord> {
  const { catalog, run, services, prepared, inspected, held, report, signal } = context;
  const { names } = catalog;
  const { hasher } = services;
  const { plan, base, captured, layer } = disk;
  const source = inspected[plan.index]?.source;
  const allocated = prepared.allocations[plan.index]?.allocated;
  if (source === undefined || allocated === undefined || held === undefined) {
    throw new SysimageError('internal', `disk ${plan.index} of the plan was not inspected`);
  }
  disk.image ??= InPlaceImage.create(
    disk.imageName,
    guardFile(await createFile(target, disk.imageName), held),
    formatFor(plan.layout, newIdentity(services)),
  );
  const { image } = disk;
  await image.begin(newIdentity(services));
  const reader = new CanonicalReader(source, allocated, signal);
  report({ event: 'phase', phase: 'read', disk: plan.index, total: reader.size });
  const result = await writeInPlace(
    {
      target,
      names,
      run,
      key: plan.key,
      index: plan.index,
      reader,
      diskSize: plan.layout.size,
      image,
      unfinished: disk.unfinished === true,
      ...(base === undefined || layer === undefined
        ? {}
        : { base: { version: base.version.id, disk: base.disk, layer } }),
      ...(captured === undefined ? {} : { captured: captured.disk }),
      // A copy is read by the version that it becomes, and by no other.
      oldest: captured === undefined ? oldestId(catalog, disk.imageName) : undefined,
      touched: disk.touched,
      held,
    },
    services,
    report,
  );
  await image.finish();
  await image.flush();
  await image.close();
  const sealed = layer === undefined ? undefined : await layer.seal();
  const before = (base ?? captured)?.disk;
  const known = before === undefined ? undefined : await readAllocation(target, before, hasher);
  const allocation =
    before !== undefined && known?.equals(allocated) === true
      ? before.allocation
      : await putBytes(
          (...call) => target.put(...call),
          names.allocation(plan.key, run),
          encodeExtents(allocated, hasher),
          hasher,
        );
  for (const { start, end } of reader.unreadable) report({ event: 'unreadable', disk: plan.index, start, end });
  const found = engineFindings(plan, reader, {
    ...result,
    ...(disk.abandoned === undefined ? {} : { abandoned: disk.abandoned }),
  });
  for (const finding of found) report({ event: 'finding', finding });
  findings.push(...found);
  const stat = await target.stat(disk.imageName);
  return {
    index: plan.index,
    key: plan.key,
    path: plan.path,
    layout: plan.layout,
    image: {
      name: disk.imageName,
      kind: 'in-place',
      format: image.format.kind,
      size: image.size,
      headerDigest: image.headerDigest(hasher),
      state: stat?.state,
      ...(captured === undefined ? {} : { origin: originOf(captured.disk) }),
    },
    allocation,
    shards: [...result.shards],
    layers: layersAfter(base?.disk.layers ?? [], sealed, oldestId(catalog, disk.imageName)),
    allocatedBytes: allocated.size,
    changedBytes: result.changedBytes,
    displacedBytes: result.displacedBytes,
    unreadable: [...reader.unreadable],
  };
}

/** The layers that versions still need, and the new one. */
function layersAfter(
  before: readonly LayerEntry[],
  sealed: LayerEntry | undefined,
  oldest: string | undefined,
): LayerEntry[] {
  const needed = before.filter((layer) => oldest !== undefined && layer.base >= oldest);
  return sealed === undefined ? needed : [...needed, sealed];
}

/** The marks of first backups that were cut go when this run's own mark is there, so that there is always one. */
async function takeOverUnfinished(context: RunContext, disks: readonly OpenDisk[]): Promise<void> {
  const { target, catalog, held, report } = context;
  for (const { run } of catalog.openRuns) {
    held?.assertHeld();
    await target.remove(catalog.names.run(run));
  }
  const [first] = catalog.openRuns;
  if (first !== undefined && disks.some(({ unfinished }) => unfinished === true))
    report({ event: 'resumed', run: first.run });
}

async function closeAll(disks: readonly OpenDisk[]): Promise<void> {
  for (const { image, layer } of disks) {
    await image?.close().catch(() => undefined);
    await layer?.close().catch(() => undefined);
  }
}

async function mayExist(target: Target, name: ObjectName): Promise<boolean> {
  try {
    return (await target.stat(name)) !== undefined;
  } catch {
    return true;
  }
}

/** Rolls this run back. When that fails too, the mark stays and the next run does it. */
async function takeBack(context: RunContext, target: Target<'random'>, mark: RunMark): Promise<void> {
  const { catalog, services } = context;
  try {
    await withBallast(target, catalog.names, () =>
      rollBack(target, { ...catalog, openRuns: [mark] }, mark, services.hasher, context.held),
    );
  } catch (error) {
    services.log.write('roll-back-failed', { run: mark.run, error: String(error) });
  }
}
