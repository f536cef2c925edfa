import { vhdLayout } from '@sysimage/vhd';
import type { RandomFile, Target } from '../contract/target.js';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { ObjectName } from '../contract/names.js';
import { encodeExtents } from '../image/extent-codec.js';
import { InPlaceImage } from '../image/in-place-image.js';
import { LayerWriter } from '../image/layer-writer.js';
import { newIdentity } from '../image/new-identity.js';
import { putBytes } from '../image/object-io.js';
import { rollBack } from '../image/roll-back.js';
import { encodeStamped } from '../image/stamped-json.js';
import { readAllocation } from '../image/read-map.js';
import type { Finding } from '../model/finding.js';
import type { PlannedDisk } from '../model/plan.js';
import type { DiskRecord, LayerEntry, RunMark, VersionRecord } from '../model/version-record.js';
import { removeMark, type RunContext } from './run-context.js';
import { CanonicalReader } from './canonical-reader.js';
import { baseFor } from './plan-backup.js';
import { writeInPlace, type InPlaceResult } from './write-in-place.js';

/** One disk of a run, with its image open and the layer for what it displaces. */
interface OpenDisk {
  readonly plan: PlannedDisk;
  readonly imageName: ObjectName;
  readonly base: ReturnType<typeof baseFor>;
  readonly layer: LayerWriter | undefined;
  /** Opened before the mark when there is a base, and made after it otherwise. */
  image: InPlaceImage | undefined;
  readonly touched: boolean;
  /** Why the image of earlier versions cannot be used any more. */
  readonly abandoned?: string;
}

/**
 * The write protocol of in-place images:
 *
 * 1. for every disk with a base: open the image, make the layer with batch 0 (table, footer, length as they are), flush;
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
      disks: disks.map(({ plan, imageName, layer, base }) => ({
        key: plan.key,
        image: imageName,
        ...(layer === undefined || base === undefined ? {} : { layer: layer.name, base: base.version.id }),
      })),
    };
    held.assertHeld();
    await putBytes(put, names.run(run), encodeStamped(mark, hasher), hasher);
    const records: DiskRecord[] = [];
    const findings: Finding[] = [];
    for (const disk of disks) records.push(await writeDisk(context, target, disk, findings));
    const record = context.record(records, findings);
    held.assertHeld();
    committing = true;
    await putBytes(put, names.version(run), encodeStamped(record, hasher), hasher);
    await removeMark(context);
    return record;
  } catch (error) {
    await closeAll(disks);
    // Without the lease the folder is somebody else's; who takes it next rolls back. And a record that may be there after all
    // makes the run committed: the mark stays, and the next run sees which it is.
    if (mark !== undefined && !held.lost.aborted && !(committing && (await mayExist(target, names.version(run))))) {
      await takeBack(context, target, mark);
    }
    throw error;
  }
}

async function openDisk(context: RunContext, target: Target<'random'>, plan: PlannedDisk): Promise<OpenDisk> {
  const { catalog, run, services } = context;
  const { names } = catalog;
  const { hasher } = services;
  const found = baseFor(catalog, plan);
  if (found === undefined) return newGeneration(context, target, plan);
  const { image: entry } = found.disk;
  const stat = await target.stat(entry.name);
  if (stat === undefined) return newGeneration(context, target, plan, `${entry.name} is missing`);
  const file = await target.facets.random.open(entry.name, { exclusive: true });
  let image: InPlaceImage;
  try {
    image = await InPlaceImage.open(entry.name, file);
    if (image.layout.diskSize !== plan.layout.size) {
      throw new SysimageError('corrupt', `${entry.name} is the image of a disk of ${image.layout.diskSize} bytes`);
    }
  } catch (error) {
    await file.close();
    if (!isSysimageError(error, 'corrupt')) throw error;
    return newGeneration(context, target, plan, error.message);
  }
  const touched = image.headerDigest(hasher) !== entry.headerDigest || stat.state !== entry.state;
  const layerName = names.layer(plan.key, found.version.id, run);
  const header = { diskSize: plan.layout.size, base: found.version.id, run, imageLength: stat.size };
  const layer = await LayerWriter.create(layerName, header, await create(target, layerName), hasher);
  await layer.append(await image.beforeImage(hasher));
  await layer.flush();
  return { plan, imageName: entry.name, base: found, layer, image, touched };
}

/** A new image: the first of this disk, or one beside an image that does not fit the disk or cannot be read any more. */
async function newGeneration(
  { catalog: { names }, run }: RunContext,
  target: Target<'random'>,
  plan: PlannedDisk,
  abandoned?: string,
): Promise<OpenDisk> {
  const first = names.firstImage(plan.key);
  const imageName = (await target.stat(first)) === undefined ? first : names.image(plan.key, run);
  const nothing = { base: undefined, layer: undefined, image: undefined, touched: false };
  return { plan, imageName, ...nothing, ...(abandoned === undefined ? {} : { abandoned }) };
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
  const { plan, base, layer } = disk;
  const source = inspected[plan.index]?.source;
  const allocated = prepared.allocations[plan.index]?.allocated;
  if (source === undefined || allocated === undefined || held === undefined) {
    throw new SysimageError('internal', `disk ${plan.index} of the plan was not inspected`);
  }
  disk.image ??= InPlaceImage.create(
    disk.imageName,
    await create(target, disk.imageName),
    vhdLayout(plan.layout.size),
    newIdentity(services),
  );
  const { image } = disk;
  await image.begin();
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
      ...(base === undefined || layer === undefined
        ? {}
        : { base: { version: base.version.id, disk: base.disk, layer } }),
      oldest: catalog.versions[0]?.id,
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
  const known = base === undefined ? undefined : await readAllocation(target, base.disk, hasher);
  const allocation =
    base !== undefined && known?.equals(allocated) === true
      ? base.disk.allocation
      : await putBytes(
          (...call) => target.put(...call),
          names.allocation(plan.key, run),
          encodeExtents(allocated, hasher),
          hasher,
        );
  for (const { start, end } of reader.unreadable) report({ event: 'unreadable', disk: plan.index, start, end });
  findings.push(
    ...engineFindings(plan, reader, {
      ...result,
      ...(disk.abandoned === undefined ? {} : { abandoned: disk.abandoned }),
    }),
  );
  const stat = await target.stat(disk.imageName);
  return {
    index: plan.index,
    key: plan.key,
    path: plan.path,
    layout: plan.layout,
    image: {
      name: disk.imageName,
      kind: 'in-place',
      size: image.size,
      headerDigest: image.headerDigest(hasher),
      state: stat?.state,
    },
    allocation,
    shards: [...result.shards],
    layers: layersAfter(base?.disk.layers ?? [], sealed, catalog.versions[0]?.id),
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

export function engineFindings(
  plan: PlannedDisk,
  reader: CanonicalReader,
  result: Pick<InPlaceResult, 'damaged'> & { readonly abandoned?: string },
): Finding[] {
  const subject = `disks/${plan.index}`;
  const findings: Finding[] = [];
  if (!reader.unreadable.isEmpty) {
    findings.push({
      policy: 'source/unreadable',
      severity: 'error',
      outcome: 'violation',
      subject,
      message: `${reader.unreadable.size} bytes of ${plan.path} could not be read; zeros stand in their place`,
      remedy: 'The disk may be failing: replace it, and check the files that lie there.',
    });
  }
  if (result.abandoned !== undefined) {
    findings.push({
      policy: 'target/damaged-image',
      severity: 'error',
      outcome: 'violation',
      subject,
      message: `the image of ${plan.path} could not be used any more, so a new one was begun: ${result.abandoned}`,
      remedy: 'Older versions may be lost. Check the target disk, and who else writes to it.',
    });
  }
  if (result.damaged > 0) {
    findings.push({
      policy: 'target/damaged-image',
      severity: 'error',
      outcome: 'violation',
      subject,
      message: `${result.damaged} blocks of 64 KiB in the image of ${plan.path} were damaged; older versions may have lost them`,
      remedy: 'Check the target disk. The new version holds what the source has.',
    });
  }
  return findings;
}

async function create(target: Target<'random'>, name: ObjectName): Promise<RandomFile> {
  return target.facets.random.open(name, { create: true, exclusive: true });
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
    await rollBack(target, { ...catalog, openRuns: [mark] }, mark, services.hasher);
  } catch (error) {
    services.log.write('roll-back-failed', { run: mark.run, error: String(error) });
  }
}
