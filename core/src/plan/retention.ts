import type { VersionRecord } from '../model/version-record.js';
import { isGood, leftOutOf } from './good-version.js';

/** Units of time of which one version each is kept. */
export const retentionPeriods = ['daily', 'weekly', 'monthly', 'yearly'] as const;
export type RetentionPeriod = (typeof retentionPeriods)[number];

/** How many versions are kept: the last ones, and the last one of each of so many days, weeks, months, years that have any. */
export type RetentionRules = { readonly [K in 'last' | RetentionPeriod]?: number };

export interface KeptVersion {
  readonly version: VersionRecord;
  /**
   * The rules that want it; `newer`: no rule, but it is newer than the newest good one; `lost`: something that it needs is not there, so that
   * it is nobody's to choose from.
   */
  readonly reasons: readonly ('last' | RetentionPeriod | 'newer' | 'lost')[];
}

export interface Retention {
  /** Oldest first. */
  readonly keep: readonly KeptVersion[];
  readonly remove: readonly VersionRecord[];
}

/**
 * Chooses which versions stay, as restic does: rules are counted from the newest version back, and one version may satisfy several.
 * Versions of different sets of disks or volumes do not count for one another. A version that is not good (taken from volumes in use, or of
 * which parts could not be read) never takes the place of a good one: it stays only while no newer one is good. Days and weeks are
 * those of the local calendar. `versions`: oldest first; `lost`: ids of those that cannot be restored any more, which take nobody's place and
 * stay. Throws `RangeError` when no rule keeps anything.
 */
export function chooseRetained(
  versions: readonly VersionRecord[],
  rules: RetentionRules,
  lost: ReadonlySet<string> = new Set(),
): Retention {
  const counts = Object.values(rules);
  if (!counts.some((count) => count > 0)) throw new RangeError('no rule keeps anything');
  const kept = new Map<string, KeptVersion['reasons']>(Array.from(lost, (id) => [id, ['lost']]));
  for (const group of byDisks(versions.filter(({ id }) => !lost.has(id)))) {
    const good = group.filter(isGood);
    const newestGood = good.at(-1);
    for (const [id, reasons] of wantedBy(newestGood === undefined ? group : good, rules)) kept.set(id, reasons);
    for (const { id } of group) if (newestGood !== undefined && id > newestGood.id) kept.set(id, ['newer']);
  }
  return {
    keep: versions.flatMap((version) => {
      const reasons = kept.get(version.id);
      return reasons === undefined ? [] : [{ version, reasons }];
    }),
    remove: versions.filter(({ id }) => !kept.has(id)),
  };
}

function wantedBy(group: readonly VersionRecord[], rules: RetentionRules): ReadonlyMap<string, KeptVersion['reasons']> {
  const wanted = new Map<string, ('last' | RetentionPeriod)[]>();
  const keep = (id: string, reason: 'last' | RetentionPeriod): void => {
    wanted.set(id, [...(wanted.get(id) ?? []), reason]);
  };
  const newestFirst = group.toReversed();
  for (const { id } of newestFirst.slice(0, rules.last ?? 0)) keep(id, 'last');
  for (const period of retentionPeriods) {
    const seen = new Set<string>();
    for (const { id, createdAt } of newestFirst) {
      const key = periodOf(new Date(createdAt), period);
      if (seen.has(key) || seen.size >= (rules[period] ?? 0)) continue;
      seen.add(key);
      keep(id, period);
    }
  }
  return wanted;
}

function byDisks(versions: readonly VersionRecord[]): readonly (readonly VersionRecord[])[] {
  const groups = new Map<string, VersionRecord[]>();
  for (const version of versions) {
    const disks = version.disks
      .map((disk) => [disk.key, ...leftOutOf(disk)].join('-'))
      .toSorted()
      .join(' ');
    groups.set(disks, [...(groups.get(disks) ?? []), version]);
  }
  return [...groups.values()];
}

function periodOf(moment: Date, period: RetentionPeriod): string {
  const [year, month, day] = [moment.getFullYear(), moment.getMonth(), moment.getDate()];
  if (period === 'yearly') return String(year);
  if (period === 'monthly') return `${year}-${month}`;
  if (period === 'daily') return `${year}-${month}-${day}`;
  // A week begins on Monday (ISO 8601); its Monday names it, also across the end of a year.
  const monday = new Date(year, month, day - ((moment.getDay() + 6) % 7));
  return `${monday.getFullYear()}-${monday.getMonth()}-${monday.getDate()}`;
}
