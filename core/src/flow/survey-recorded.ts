import type { DiskLayout } from '../model/disk-layout.js';
import type { PlanningFacts } from '../model/planning-facts.js';
import type { SystemSurvey } from '../plan/volume-roles.js';
import { knownDisk } from './disk-facts.js';
import { describeDisk } from './inspect-disk.js';
import { withEarlier } from './inspect-systems.js';
import { systemsAmong } from './recorded-systems.js';

/** What was found when somebody looked into disks, and wrote it down. */
export interface RecordedSurvey {
  /** By paths of disks. */
  readonly layouts: ReadonlyMap<string, DiskLayout>;
  /** Absent when nobody looked for systems. The disks are numbered as they were asked for. */
  readonly survey?: SystemSurvey;
}

/** As `inspectDisk` and `surveySystems` found it; `paths`: of which disks. */
export function surveyRecorded(facts: PlanningFacts, paths: readonly string[]): RecordedSurvey {
  const layouts = new Map(
    facts.disks
      .filter(({ path }) => paths.includes(path))
      .map((disk) => {
        const { source, seen } = knownDisk(disk);
        return [disk.path, describeDisk(source, seen, {}).layout] as const;
      }),
  );
  if (facts.systems === undefined) return { layouts };
  const { systems, unread } = systemsAmong(facts, paths);
  return { layouts, survey: { systems: withEarlier(systems), unread } };
}
