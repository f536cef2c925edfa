import type { ExtentSet } from '@sysimage/extents';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { Hasher } from '../contract/services.js';
import type { Target } from '../contract/target.js';
import { newestOf, type Catalog } from '../image/catalog.js';
import { grainSize } from '../image/grain.js';
import { formatFor, whyNoFormat } from '../image/choose-format.js';
import { imageSize } from '../image/image-format.js';
import { readAllocation } from '../image/read-map.js';
import type { BackupPlan, JobWatch, PlannedDisk } from '../model/plan.js';
import type { DiskLayout } from '../model/disk-layout.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import { assertTargetOutside } from '../plan/assert-target-outside.js';
import { layoutChanges } from '../plan/compare-layout.js';
import { diskAllocation, type DiskAllocation } from '../plan/disk-allocation.js';
import { diskKey } from '../plan/disk-key.js';
import { chooseStrategy } from '../plan/strategy.js';
import type { InspectedDisk } from './inspect-disk.js';

export interface PlanSettings {
  readonly systems: BackupPlan['systems'];
  readonly computer: string;
  readonly allowLive: boolean;
  readonly allowIncomplete: boolean;
  readonly gaps: boolean;
  readonly now: Date;
  /** When a version was last found whole, ISO 8601. */
  readonly lastVerified: string | undefined;
  /** Days that there may be between two verifications. */
  readonly verifyWithin: number;
  readonly watch: JobWatch | undefined;
}

/** A plan, and the sets that are too large to be part of it. */
export interface PreparedBackup {
  readonly plan: BackupPlan;
  readonly allocations: readonly DiskAllocation[];
}

/** The newest version that holds a disk in an image that can take the changes. */
export function baseFor(
  catalog: Catalog,
  disk: Pick<PlannedDisk, 'key' | 'layout'>,
): { readonly version: VersionRecord; readonly disk: DiskRecord } | undefined {
  const version = catalog.versions.findLast((candidate) =>
    candidate.disks.some((record) => record.key === disk.key && record.image.kind === 'in-place'),
  );
  const record = version?.disks.find(({ key }) => key === disk.key);
  if (version === undefined || record === undefined) return undefined;
  // A newer record that cannot be read means that the image holds what nobody can tell any more: it is left as it is, so that
  // older versions stay readable through the layers, and a new image is begun.
  if (catalog.lost.some(({ id }) => id > version.id)) return undefined;
  // Another size or sector size is another disk to every reader of the image: a new generation.
  const same = record.layout.size === disk.layout.size && record.layout.sectorSize === disk.layout.sectorSize;
  return same && newestOf(catalog, record.image.name)?.id === version.id ? { version, disk: record } : undefined;
}

/** Sizes do not depend on it. */
const anyIdentity = { uuid: new Uint8Array(16), createdAt: new Date(Date.UTC(2000, 0, 1)) };

/** Decides everything that can be decided before a byte is written. Errors: `policy` for a target inside of what is taken. */
export async function planBackup(
  inspected: readonly InspectedDisk[],
  target: Target,
  catalog: Catalog,
  settings: PlanSettings,
  hasher: Hasher,
): Promise<PreparedBackup> {
  assertTargetOutside(
    inspected.map(({ source, layout }) => ({ path: source.path, layout, mounts: source.mounts })),
    target.traits,
  );
  const disks: PlannedDisk[] = [];
  const allocations: DiskAllocation[] = [];
  let imageBytes = 0;
  let largestImage = 0;
  let inPlaceBytes: number | undefined = 0;
  for (const [index, { source, layout, tables, volumeMaps }] of inspected.entries()) {
    assertFitsFormat(index, layout, source.path);
    const key = diskKey(layout, source.path, hasher);
    const twin = disks.find((disk) => disk.key === key);
    if (twin !== undefined) {
      throw new SysimageError('invalid', `${source.path} and ${twin.path} have the same identity (${key})`, {
        operation: 'plan',
        remedy: 'One is a copy of the other. Back them up under two computer names, or give one a new identifier.',
      });
    }
    const allocation = diskAllocation(layout, tables, volumeMaps, { gaps: settings.gaps });
    const grains = allocation.allocated.alignOut(grainSize);
    const base = baseFor(catalog, { key, layout });
    const known = base === undefined ? undefined : await knownAllocation(target, base.disk, hasher);
    const bytesNeeded = known === undefined ? grains.size : grains.subtract(known.alignOut(grainSize)).size;
    // A stream holds whole blocks, because their number must be known before the first byte is read.
    const format = formatFor(layout, anyIdentity);
    const blocks = allocation.allocated.alignOut(format.blockSize).size / format.blockSize;
    const wholeImage = imageSize(format, blocks);
    disks.push({
      index,
      path: source.path,
      key,
      layout,
      physicalDisks: source.physicalDisks,
      physicalDisksUnknown: source.physicalDisksUnknown,
      bytesToRead: grains.size,
      bytesNeeded,
      imageBytes: wholeImage,
      before: beforeOf(catalog, { key, layout }),
      incremental: known !== undefined,
    });
    allocations.push(allocation);
    imageBytes += wholeImage;
    largestImage = Math.max(largestImage, wholeImage);
    if (base === undefined) inPlaceBytes = undefined;
    else if (inPlaceBytes !== undefined) inPlaceBytes += bytesNeeded;
  }
  const capacity = (await target.facets.capacity?.read()) ?? {};
  const versions = catalog.versions.length;
  const { strategy, replacement } = chooseStrategy({
    capabilities: target.capabilities,
    free: capacity.free,
    versions,
    imageBytes,
    largestImage,
    inPlaceBytes,
  });
  const inPlace = strategy.kind === 'in-place';
  const plan: BackupPlan = {
    computer: settings.computer,
    target: {
      traits: target.traits,
      capabilities: target.capabilities,
      free: capacity.free,
      total: capacity.total,
      versions,
      openRuns: catalog.openRuns.length,
      newest: ageOf(catalog.versions.at(-1), settings.now),
      verified: {
        daysAgo: settings.lastVerified === undefined ? undefined : daysSince(settings.lastVerified, settings.now),
        daysOfOldest: daysSince(catalog.versions[0]?.createdAt ?? settings.now.toISOString(), settings.now),
        within: settings.verifyWithin,
      },
    },
    disks: inPlace ? disks : disks.map((disk) => ({ ...disk, incremental: false, bytesNeeded: disk.bytesToRead })),
    systems: settings.systems,
    systemsBefore: systemsBefore(catalog, disks),
    strategy,
    replacement,
    bytesNeeded: inPlace ? disks.reduce((sum, disk) => sum + disk.bytesNeeded, 0) : imageBytes,
    allowLive: settings.allowLive,
    allowIncomplete: settings.allowIncomplete,
    watch: settings.watch,
  };
  return { plan, allocations };
}

function beforeOf(catalog: Catalog, { key, layout }: Pick<PlannedDisk, 'key' | 'layout'>): PlannedDisk['before'] {
  for (const { createdAt, disks } of catalog.versions.toReversed()) {
    const record = disks.find((disk) => disk.key === key);
    if (record === undefined) continue;
    const unreadableBytes = record.unreadable.reduce((sum, { start, end }) => sum + end - start, 0);
    return { createdAt, differences: layoutChanges(record.layout, layout), unreadableBytes };
  }
  return undefined;
}

function systemsBefore(catalog: Catalog, disks: readonly PlannedDisk[]): BackupPlan['systemsBefore'] {
  const version = catalog.versions.findLast((each) =>
    each.disks.some((record) => disks.some(({ key }) => key === record.key)),
  );
  return version?.systems?.map(({ family, name }) => ({ family, name }));
}

function ageOf(version: VersionRecord | undefined, now: Date): BackupPlan['target']['newest'] {
  if (version === undefined) return undefined;
  const secondsAhead = Math.max(0, Math.floor((Date.parse(version.createdAt) - now.getTime()) / 1000));
  return { daysAgo: daysSince(version.createdAt, now), secondsAhead };
}

function daysSince(moment: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(moment)) / (24 * 3_600_000)));
}

/** `undefined` when the map of the base is damaged: then a new image will be begun. */
async function knownAllocation(target: Target, disk: DiskRecord, hasher: Hasher): Promise<ExtentSet | undefined> {
  try {
    return await readAllocation(target, disk, hasher);
  } catch (error) {
    if (isSysimageError(error, 'corrupt')) return undefined;
    throw error;
  }
}

function assertFitsFormat(index: number, { size, sectorSize }: DiskLayout, path: string): void {
  const why = whyNoFormat({ size, sectorSize });
  if (why === undefined) return;
  throw new SysimageError('unsupported', `disk ${index} (${path}) cannot be imaged: ${why}`, {
    operation: 'plan',
    context: { disk: path, size, sectorSize },
  });
}
