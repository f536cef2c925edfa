import {
  inspectDisk,
  surveySystems,
  volumeRoles,
  type DiskLayout,
  type DiskSource,
  type InspectedDisk,
  type SurveyedSystem,
  type SystemSurvey,
  type VolumeRoles,
} from '@sysimage/core';
import type { CommandContext } from '../command-context.js';
import type { KnownDisk } from '../output/describe-disk.js';
import { errorFacts } from '../output/describe-error.js';

/** A disk as the system tells of it, and as it was found when somebody looked. */
export interface SeenDisk {
  readonly disk: KnownDisk;
  readonly layout?: DiskLayout;
  /** Why nobody could look. */
  readonly error?: unknown;
  readonly roles: readonly VolumeRoles[];
}

export interface Seen {
  readonly disks: readonly SeenDisk[];
  /** Their disks are those that were looked at, in order. */
  readonly systems: readonly SurveyedSystem[];
  /** Paths of these disks. */
  readonly paths: readonly string[];
}

/** Looks at these disks of the machine, or at image files; without any at all of its disks. Rejects when one that was named cannot be read. */
export async function lookAtDisks({ disks }: Pick<CommandContext, 'disks'>, paths: readonly string[]): Promise<Seen> {
  const all: readonly KnownDisk[] = await disks.list();
  const wanted =
    paths.length === 0 ? all : paths.map((path) => all.find((disk) => disk.path === path) ?? { path, size: 0 });
  const sources: DiskSource[] = [];
  const looks: { readonly disk: KnownDisk; readonly inspected?: InspectedDisk; readonly error?: unknown }[] = [];
  try {
    for (const disk of wanted) {
      try {
        const source = await disks.openSource(disk.path);
        sources.push(source);
        const inspected = await inspectDisk(source);
        const { size, model } = source;
        looks.push({
          disk: { ...disk, size, ...(model === undefined ? {} : { model: disk.model ?? model }) },
          inspected,
        });
      } catch (error) {
        // A disk that was asked for must be there.
        if (paths.length > 0) throw error;
        looks.push({ disk, error });
      }
    }
    const inspected = looks.flatMap((look) => look.inspected ?? []);
    const { survey, why } = await surveyOf(inspected);
    return {
      disks: looks.map(({ disk, inspected: own, error }): SeenDisk => {
        const layout = own?.layout;
        const looked =
          own === undefined || survey === undefined
            ? { why: wordsOf(error ?? why) }
            : { layout: own.layout, disk: inspected.indexOf(own), survey };
        const roles = volumeRoles(disk.volumes ?? [], looked);
        return { disk, roles, ...(layout === undefined ? {} : { layout }), ...(error === undefined ? {} : { error }) };
      }),
      systems: survey?.systems ?? [],
      paths: inspected.map(({ source }) => source.path),
    };
  } finally {
    for (const source of sources) await source.close();
  }
}

/** A disk may fail while its files are read, although its table was. */
async function surveyOf(
  inspected: readonly InspectedDisk[],
): Promise<{ readonly survey?: SystemSurvey; readonly why?: unknown }> {
  try {
    return { survey: await surveySystems(inspected) };
  } catch (why) {
    return { why };
  }
}

function wordsOf(error: unknown): string {
  return String(errorFacts(error)['message']);
}
