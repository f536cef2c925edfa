import type { ExtentSet } from '@sysimage/extents';
import { SysimageError } from '../contract/errors.js';
import type { Hasher } from '../contract/services.js';
import type { DiskSource } from '../contract/source.js';
import type { Capabilities, TargetTraits } from '../contract/target.js';
import { formatFor, whyNoFormat } from '../image/choose-format.js';
import { grainSize } from '../image/grain.js';
import { imageSize } from '../image/image-format.js';
import type { CatalogFacts } from '../model/catalog-facts.js';
import type { DiskLayout } from '../model/disk-layout.js';
import type { BackupPlan, JobWatch, PlannedDisk } from '../model/plan.js';
import { assertSameMachine } from './assert-same-machine.js';
import { assertTargetOutside } from './assert-target-outside.js';
import { baseFor } from './base-for.js';
import { diskAllocation, type DiskAllocation } from './disk-allocation.js';
import { diskKey } from './disk-key.js';
import { ageOf, beforeOf, daysSince } from './earlier-versions.js';
import { chooseStrategy } from './strategy.js';

export interface PlanSettings {
  readonly systems: BackupPlan['systems'];
  readonly unread: BackupPlan['unread'];
  readonly computer: string;
  /** Of the machine whose disks these are. */
  readonly machineId: string | undefined;
  /** Go on in the folder of another machine of the same name. */
  readonly takeOver: boolean;
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

/** A disk of which is decided what will be taken. */
export interface PlannableDisk {
  readonly source: Pick<DiskSource, 'path' | 'mounts' | 'physicalDisks' | 'physicalDisksUnknown'>;
  readonly layout: DiskLayout;
  /** The bytes of the partition tables themselves. */
  readonly tables: ExtentSet;
  /** By index of the partition, 0 for the whole disk; offsets from the start of the disk. */
  readonly volumeMaps: ReadonlyMap<number, ExtentSet>;
}

/** What a target told, and what it holds of the computer. */
export interface PlannableTarget {
  readonly traits: TargetTraits;
  readonly capabilities: Capabilities;
  /** Bytes; `undefined` when the target does not tell. */
  readonly free: number | undefined;
  readonly total: number | undefined;
  readonly catalog: CatalogFacts;
  /** By key of a disk: what its newest image holds. Of one that is not here the map is damaged, and a new image will be begun. */
  readonly allocations: ReadonlyMap<string, ExtentSet>;
  readonly earlierNames: readonly string[];
}

/** A plan, and the sets that are too large to be part of it. */
export interface PreparedBackup {
  readonly plan: BackupPlan;
  readonly allocations: readonly DiskAllocation[];
}

/** Sizes do not depend on it. */
const anyIdentity = { uuid: new Uint8Array(16), createdAt: new Date(Date.UTC(2000, 0, 1)) };

/**
 * Decides everything that can be decided before a byte is written, wherever the facts are from. Errors: `policy` for a target inside of
 * what is taken; `already-exists` for the folder of another machine; `invalid` for one disk twice; `unsupported` for one too large.
 */
export function assemblePlan(
  inspected: readonly PlannableDisk[],
  target: PlannableTarget,
  settings: PlanSettings,
  hasher: Hasher,
): PreparedBackup {
  const { traits, capabilities, free, total, catalog } = target;
  assertTargetOutside(
    inspected.map(({ source, layout }) => ({ path: source.path, layout, mounts: source.mounts })),
    traits,
  );
  const prepared: { readonly disk: PlannedDisk; readonly allocation: DiskAllocation }[] = [];
  for (const [index, each] of inspected.entries()) {
    const one = planDisk(index, each, target, settings, hasher);
    assertOther(one.disk, prepared.find(({ disk }) => disk.key === one.disk.key)?.disk);
    prepared.push(one);
  }
  const disks = prepared.map(({ disk }) => disk);
  assertSameMachine(settings, traits.location, catalog, disks);
  const versions = catalog.versions.length;
  const imageBytes = disks.reduce((sum, disk) => sum + disk.imageBytes, 0);
  const hasBases = disks.every((disk) => baseFor(catalog, disk) !== undefined);
  const { strategy, replacement } = chooseStrategy({
    capabilities,
    free,
    versions,
    imageBytes,
    largestImage: Math.max(0, ...disks.map((disk) => disk.imageBytes)),
    inPlaceBytes: hasBases ? disks.reduce((sum, disk) => sum + disk.bytesNeeded, 0) : undefined,
  });
  const isInPlace = strategy.kind === 'in-place';
  const { computer, systems, unread, now, lastVerified, verifyWithin, allowLive, allowIncomplete, watch } = settings;
  const plan: BackupPlan = {
    computer,
    target: {
      traits,
      capabilities,
      free,
      total,
      versions,
      openRuns: catalog.openRuns,
      newest: ageOf(catalog.versions, now),
      verified: {
        daysAgo: lastVerified === undefined ? undefined : daysSince(lastVerified, now),
        daysOfOldest: daysSince(catalog.versions[0]?.createdAt ?? now.toISOString(), now),
        within: verifyWithin,
      },
      earlierNames: target.earlierNames,
    },
    disks: isInPlace ? disks : disks.map((disk) => ({ ...disk, incremental: false, bytesNeeded: disk.bytesToRead })),
    systems,
    unread,
    strategy,
    replacement,
    bytesNeeded: isInPlace ? disks.reduce((sum, disk) => sum + disk.bytesNeeded, 0) : imageBytes,
    allowLive,
    allowIncomplete,
    watch,
  };
  return { plan, allocations: prepared.map(({ allocation }) => allocation) };
}

function planDisk(
  index: number,
  { source, layout, tables, volumeMaps }: PlannableDisk,
  { catalog, allocations }: PlannableTarget,
  { gaps, now }: PlanSettings,
  hasher: Hasher,
): { readonly disk: PlannedDisk; readonly allocation: DiskAllocation } {
  const { path, physicalDisks, physicalDisksUnknown } = source;
  assertFitsFormat(index, layout, path);
  const key = diskKey(layout, path, hasher);
  const allocation = diskAllocation(layout, tables, volumeMaps, { gaps });
  const grains = allocation.allocated.alignOut(grainSize);
  const known = baseFor(catalog, { key, layout }) === undefined ? undefined : allocations.get(key);
  // A stream holds whole blocks, because their number must be known before the first byte is read.
  const format = formatFor(layout, anyIdentity);
  const blocks = allocation.allocated.alignOut(format.blockSize).size / format.blockSize;
  const disk: PlannedDisk = {
    index,
    path,
    key,
    layout,
    physicalDisks,
    physicalDisksUnknown,
    bytesToRead: grains.size,
    bytesNeeded: known === undefined ? grains.size : grains.subtract(known.alignOut(grainSize)).size,
    imageBytes: imageSize(format, blocks),
    before: beforeOf(catalog, { path, key, layout }, now),
    incremental: known !== undefined,
  };
  return { disk, allocation };
}

function assertOther({ path, key }: PlannedDisk, twin: PlannedDisk | undefined): void {
  if (twin === undefined) return;
  throw new SysimageError('invalid', `${path} and ${twin.path} have the same identity (${key})`, {
    operation: 'plan',
    remedy: 'One is a copy of the other. Back them up under two computer names, or give one a new identifier.',
  });
}

function assertFitsFormat(index: number, { size, sectorSize }: DiskLayout, path: string): void {
  const why = whyNoFormat({ size, sectorSize });
  if (why === undefined) return;
  throw new SysimageError('unsupported', `disk ${index} (${path}) cannot be imaged: ${why}`, {
    operation: 'plan',
    context: { disk: path, size, sectorSize },
  });
}
