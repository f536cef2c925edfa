import { SysimageError } from '../contract/errors.js';
import type { OpenBatch, Target } from '../contract/target.js';
import { encodeExtents } from '../image/extent-codec.js';
import { grainSize } from '../image/grain.js';
import { formatFor } from '../image/choose-format.js';
import { newIdentity } from '../image/new-identity.js';
import { putBytes } from '../image/object-io.js';
import { planSequentialImage, type SequentialPlan } from '../image/sequential-image.js';
import { encodeStamped } from '../image/stamped-json.js';
import { sweep } from '../image/sweep.js';
import type { Finding } from '../model/finding.js';
import type { PlannedDisk } from '../model/plan.js';
import type { ComputerRecord, DiskRecord, RunMark, VersionRecord } from '../model/version-record.js';
import type { ExtentSet } from '@sysimage/extents';
import { assertThere } from './assert-there.js';
import { withBallast } from './ballast.js';
import { engineFindings } from './engine-findings.js';
import { removeMark, type RunContext } from './run-context.js';
import { CanonicalReader } from './canonical-reader.js';
import { writeSequential } from './write-sequential.js';

interface SequentialDisk {
  readonly plan: PlannedDisk;
  readonly allocated: ExtentSet;
  readonly image: SequentialPlan;
}

/** Room for maps and records beside the images. */
const recordReserve = 8 * 1024 * 1024;

/**
 * Every disk becomes one new object, then maps, then the record. Where the target has batches all of it becomes visible together;
 * elsewhere a run mark tells the next run what to sweep away if this one is cut.
 */
export async function backUpSequentially(
  context: RunContext,
  computer: ComputerRecord | undefined,
): Promise<VersionRecord> {
  const { target, catalog, run, prepared, services } = context;
  const disks = prepared.plan.disks.map((plan): SequentialDisk => {
    const allocated = prepared.allocations[plan.index]?.allocated;
    if (allocated === undefined) throw new SysimageError('internal', `disk ${plan.index} has no map`);
    const image = planSequentialImage(formatFor(plan.layout, newIdentity(services)), allocated, services.hasher);
    return { plan, allocated, image };
  });
  const images = disks.reduce((sum, disk) => sum + disk.image.size, 0);
  const batch = await target.facets.batch?.begin({
    id: run,
    label: `${prepared.plan.computer} ${context.startedAt}`,
    size: images + Math.ceil(images / grainSize) * 48 + recordReserve,
  });
  return batch === undefined
    ? writeWithMark(context, disks, computer)
    : writeInBatch(context, disks, computer, batch, catalog.names.version(run));
}

async function writeInBatch(
  context: RunContext,
  disks: readonly SequentialDisk[],
  computer: ComputerRecord | undefined,
  batch: OpenBatch,
  versionName: ReturnType<RunContext['catalog']['names']['version']>,
): Promise<VersionRecord> {
  const { services, catalog } = context;
  const put: Target['put'] = (...call) => batch.put(...call);
  try {
    if (computer !== undefined) {
      await putBytes(put, catalog.names.computer, encodeStamped(computer, services.hasher), services.hasher);
    }
    const record = await writeDisks(context, disks, put);
    await putBytes(put, versionName, encodeStamped(record, services.hasher), services.hasher);
    context.held?.assertHeld();
    await batch.commit();
    return record;
  } catch (error) {
    await batch.abort().catch(() => undefined);
    throw error;
  }
}

async function writeWithMark(
  context: RunContext,
  disks: readonly SequentialDisk[],
  computer: ComputerRecord | undefined,
): Promise<VersionRecord> {
  const { target, catalog, run, services, held } = context;
  const { names } = catalog;
  const put: Target['put'] = (...call) => target.put(...call);
  const mark: RunMark = {
    format: 'sysimage-run/1',
    run,
    startedAt: context.startedAt,
    disks: disks.map(({ plan, image }) => ({ key: plan.key, image: names.image(plan.key, run, image.format.kind) })),
  };
  let committing = false;
  try {
    if (computer !== undefined) {
      await putBytes(put, names.computer, encodeStamped(computer, services.hasher), services.hasher);
    }
    held?.assertHeld();
    await putBytes(put, names.run(run), encodeStamped(mark, services.hasher), services.hasher);
    const record = await writeDisks(context, disks, put);
    await assertThere(context, record);
    held?.assertHeld();
    committing = true;
    await withBallast(target, names, () =>
      putBytes(put, names.version(run), encodeStamped(record, services.hasher), services.hasher),
    );
    await removeMark(context);
    return record;
  } catch (error) {
    // Once the record may be there, the next run decides by looking.
    if (held?.lost.aborted !== true && !committing) {
      await target
        .remove(names.run(run))
        .then(() => sweep(target, catalog, held))
        .catch(() => undefined);
    }
    throw error;
  }
}

async function writeDisks(
  context: RunContext,
  disks: readonly SequentialDisk[],
  put: Target['put'],
): Promise<VersionRecord> {
  const { catalog, run, services, inspected, report, signal } = context;
  const { names } = catalog;
  const records: DiskRecord[] = [];
  const findings: Finding[] = [];
  for (const { plan, allocated, image } of disks) {
    const source = inspected[plan.index]?.source;
    if (source === undefined) throw new SysimageError('internal', `disk ${plan.index} was not inspected`);
    const reader = new CanonicalReader(source, allocated, signal);
    const name = names.image(plan.key, run, image.format.kind);
    report({ event: 'phase', phase: 'read', disk: plan.index, total: image.size });
    const shards = await writeSequential(
      { put, names, run, key: plan.key, index: plan.index, image: name, plan: image, allocated, reader },
      services,
      report,
    );
    const { hasher } = services;
    const allocation = await putBytes(put, names.allocation(plan.key, run), encodeExtents(allocated, hasher), hasher);
    for (const { start, end } of reader.unreadable) report({ event: 'unreadable', disk: plan.index, start, end });
    findings.push(...engineFindings(plan, reader, { damaged: 0 }));
    records.push({
      index: plan.index,
      key: plan.key,
      path: plan.path,
      layout: plan.layout,
      image: {
        name,
        kind: 'sequential',
        format: image.format.kind,
        size: image.size,
        headerDigest: image.headerDigest,
      },
      allocation,
      shards: [...shards],
      layers: [],
      allocatedBytes: allocated.size,
      changedBytes: reader.size,
      displacedBytes: 0,
      unreadable: [...reader.unreadable],
    });
  }
  await context.assertStill();
  return context.record(records, findings);
}
