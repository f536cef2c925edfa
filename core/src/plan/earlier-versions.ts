import type { CatalogFacts, VersionFacts } from '../model/catalog-facts.js';
import type { BackupPlan, PlannedDisk } from '../model/plan.js';
import { layoutChanges } from './compare-layout.js';

/** The newest version that holds a disk, and in what the disk is another now. */
export function beforeOf(
  { versions }: CatalogFacts,
  { key, layout }: Pick<PlannedDisk, 'key' | 'layout'>,
): PlannedDisk['before'] {
  for (const { createdAt, disks } of versions.toReversed()) {
    const record = disks.find((disk) => disk.key === key);
    if (record === undefined) continue;
    return {
      createdAt,
      differences: layoutChanges(record.layout, layout),
      unreadableBytes: record.unreadableBytes,
    };
  }
  return undefined;
}

/** What the newest version with any of these disks recorded of systems. */
export function systemsBefore(
  { versions }: CatalogFacts,
  disks: readonly Pick<PlannedDisk, 'key'>[],
): BackupPlan['systemsBefore'] {
  const version = versions.findLast((each) => each.disks.some((record) => disks.some(({ key }) => key === record.key)));
  return version?.systems?.map(({ family, name }) => ({ family, name }));
}

export function ageOf(version: VersionFacts | undefined, now: Date): BackupPlan['target']['newest'] {
  if (version === undefined) return undefined;
  const secondsAhead = Math.max(0, Math.floor((Date.parse(version.createdAt) - now.getTime()) / 1000));
  return { daysAgo: daysSince(version.createdAt, now), secondsAhead };
}

/** Whole days; 0 for what is still to come. */
export function daysSince(moment: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(moment)) / (24 * 3_600_000)));
}
