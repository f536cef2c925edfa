import { neededMountPoints, type InstalledSystem, type Role } from '@sysimage/installed-systems';
import type { ContentSummary, VolumeSummary } from '../contract/source.js';
import type { DiskLayout } from '../model/disk-layout.js';

/** What a volume is for: for an installed system, for the one that runs, or, by its type alone, for nobody in particular. */
export interface VolumeRole {
  /** As Microsoft calls them; `efi-system`: firmware with UEFI looks into it. */
  readonly role: Role | 'efi-system';
  readonly family?: 'windows' | 'linux';
  /** Which of the systems that were found. */
  readonly system?: number;
}

/** The roles of a volume. */
export interface VolumeRoles {
  /** Index of its partition, 0 for the whole disk. */
  readonly partition: number;
  readonly roles: readonly VolumeRole[];
  /** An installed system does not start, run or recover without it; absent when that is not known. */
  readonly critical?: boolean;
  /** Why more roles than these are possible. */
  readonly unknown?: string;
}

/** What was found by looking into the volumes of disks. */
export interface SystemSurvey {
  readonly systems: readonly SurveyedSystem[];
  /** Volumes into which nobody could look. */
  readonly unread: readonly { readonly disk: number; readonly partition: number; readonly why: string }[];
}

export interface SurveyedSystem extends Omit<InstalledSystem, 'missing'> {
  /** A later Windows is there too. */
  readonly earlier: boolean;
}

/** Types of partitions, of both kinds of tables. */
const typed: ReadonlyMap<string, 'efi-system' | 'recovery'> = new Map([
  ['C12A7328-F81F-11D2-BA4B-00A0C93EC93B', 'efi-system'],
  ['EF', 'efi-system'],
  ['DE94BBA4-06D1-4D40-A16A-BFD50179D6AC', 'recovery'],
  ['27', 'recovery'],
] as const);

/**
 * The roles of the volumes of a disk, in the order of their places: by the inventory, and by what was found when somebody looked into them.
 * `looked`: the layout that was found, and which disk of the survey this is; or why nobody looked.
 */
export function volumeRoles(
  inventory: readonly VolumeSummary[],
  looked:
    | { readonly layout: DiskLayout; readonly disk: number; readonly survey: SystemSurvey }
    | { readonly why: string },
): readonly VolumeRoles[] {
  const read = 'why' in looked ? [] : looked.layout.volumes;
  const places = new Map([...inventory, ...read].map(({ partition, start }) => [partition, start]));
  const mayHide = 'why' in looked || mayHideSystems(looked.survey).length > 0;
  // Once there is a table, the disk as a whole is no volume.
  const partitions = [...places].filter(([partition]) => partition !== 0 || places.size === 1);
  return partitions
    .toSorted(([, a], [, b]) => a - b)
    .map(([partition]): VolumeRoles => {
      const known = inventory.find((volume) => volume.partition === partition);
      const found = 'why' in looked ? [] : rolesFound(looked, partition);
      const running =
        known === undefined ? [] : rolesByMounts(known).filter(({ role }) => found.every((each) => each.role !== role));
      const type =
        'why' in looked ? known?.type : looked.layout.partitions.find(({ index }) => index === partition)?.type;
      const byType = typed.get((type ?? '').toUpperCase().replace(/^0X/u, ''));
      const needed = [...found, ...running];
      const unknown = 'why' in looked ? looked.why : whyUnread(looked, partition);
      const roles =
        byType === undefined || needed.some(({ role }) => role === byType) ? needed : [...needed, { role: byType }];
      const isNeedless = unknown === undefined && !mayHide;
      return {
        partition,
        roles,
        ...(needed.length > 0 ? { critical: true } : isNeedless ? { critical: false } : {}),
        ...(unknown === undefined ? {} : { unknown }),
      };
    });
}

/** The volumes into which nobody could look that may hold a system; of what is known to be a system's, nothing is to be found out. */
export function mayHideSystems({
  systems,
  unread,
}: {
  readonly systems: readonly Pick<InstalledSystem, 'needs'>[];
  readonly unread: SystemSurvey['unread'];
}): SystemSurvey['unread'] {
  return unread.filter(({ disk, partition }) =>
    systems.every(({ needs }) => needs.every((need) => need.disk !== disk || need.partition !== partition)),
  );
}

type Looked = Exclude<Parameters<typeof volumeRoles>[1], { readonly why: string }>;

function rolesFound({ disk, survey }: Looked, partition: number): readonly VolumeRole[] {
  return survey.systems.flatMap(({ family, needs }, system) =>
    needs
      .filter((need) => need.disk === disk && need.partition === partition)
      .map(({ role }): VolumeRole => ({ role, family, system })),
  );
}

function whyUnread({ disk, survey }: Looked, partition: number): string | undefined {
  return survey.unread.find((each) => each.disk === disk && each.partition === partition)?.why;
}

/** What the running Linux has mounted where it needs it, also from what is made of the volume. */
function rolesByMounts(volume: ContentSummary): readonly VolumeRole[] {
  const roles = new Set(
    placesOf(volume).flatMap((place) => (place === '/' ? ['boot' as const] : (neededMountPoints.get(place) ?? []))),
  );
  return [...roles].map((role) => ({ role, family: 'linux' }));
}

function placesOf({ mounts, above }: ContentSummary): readonly string[] {
  return [...mounts.map(({ mountPoint }) => mountPoint), ...above.flatMap(placesOf)];
}
