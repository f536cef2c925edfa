import type { CatalogFacts, VersionFacts } from '../model/catalog-facts.js';
import type { BackupPlan, PlannedDisk } from '../model/plan.js';
import { layoutChanges } from './compare-layout.js';
import { isSameHardware } from './same-hardware.js';

type Disk = Pick<PlannedDisk, 'path' | 'key' | 'layout'>;
type HeldDisk = VersionFacts['disks'][number];

/** The newest version that holds a disk, in what the disk is another now, and how old the newest good one is. */
export function beforeOf({ versions }: CatalogFacts, disk: Disk, now: Date): PlannedDisk['before'] {
  const isHeld = holds(versions, disk);
  const newest = versions.findLast(({ disks }) => disks.some(isHeld));
  const record = newest?.disks.find(isHeld);
  if (newest === undefined || record === undefined) return undefined;
  const good = versions.findLast((version) => version.good && version.disks.some(isHeld));
  const systems = newest.systems?.filter((system) => system.disk === record.key);
  return {
    createdAt: newest.createdAt,
    differences: layoutChanges(record.layout, disk.layout),
    unreadableBytes: record.unreadableBytes,
    systems: systems?.map(({ family, name }) => ({ family, name })) ?? [],
    goodDaysAgo: good === undefined ? undefined : daysSince(good.createdAt, now),
  };
}

/** By its key; a disk that got a new table has another one, and no version by it yet: then by its hardware or its place. */
function holds(versions: readonly VersionFacts[], { path, key, layout }: Disk): (held: HeldDisk) => boolean {
  const byKey = (held: HeldDisk): boolean => held.key === key;
  if (versions.some(({ disks }) => disks.some(byKey))) return byKey;
  return (held) => isSameHardware(layout, held.layout) || (held.path === path && isNameless(layout, held.layout));
}

/** Neither tells a serial number, as image files and many virtual disks, and nothing else tells them apart. */
function isNameless(here: HeldDisk['layout'], there: HeldDisk['layout']): boolean {
  const isAlike = here.model === there.model && here.size === there.size;
  return here.serial === undefined && there.serial === undefined && isAlike;
}

/** `versions`: oldest first, though a clock that was wrong may have said otherwise. */
export function ageOf(versions: readonly VersionFacts[], now: Date): BackupPlan['target']['newest'] {
  const newest = versions.at(-1);
  if (newest === undefined) return undefined;
  const latest = versions.reduce((moment, { createdAt }) => Math.max(moment, Date.parse(createdAt)), now.getTime());
  return {
    daysAgo: daysSince(newest.createdAt, now),
    secondsAhead: Math.floor((latest - now.getTime()) / 1000),
  };
}

/** Whole days; 0 for what is still to come. */
export function daysSince(moment: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(moment)) / (24 * 3_600_000)));
}
