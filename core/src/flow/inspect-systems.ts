import { findSystems, type InstalledSystem } from '@sysimage/installed-systems';
import type { BackupPlan } from '../model/plan.js';
import { isSelected } from '../plan/selection.js';
import { mayHideSystems, type SystemSurvey } from '../plan/volume-roles.js';
import { withPools } from '../plan/with-pools.js';
import { withRunning } from '../plan/with-running.js';
import { candidatesOn } from './candidate-volumes.js';
import type { InspectedDisk } from './inspect-disk.js';

/** What of disks goes into a plan about their systems. */
export type SystemsInPlan = Pick<BackupPlan, 'systems' | 'unread'>;

/** The operating systems on the disks of a run. What cannot be read is passed over: it must not keep anything from being backed up. */
export async function inspectSystems(inspected: readonly InspectedDisk[]): Promise<SystemsInPlan> {
  return withTaken(await look(inspected), inspected);
}

/** Which of the volumes that systems need a run takes. */
export function withTaken(
  { systems, unread }: Pick<Looked, 'systems' | 'unread'>,
  inspected: readonly Pick<InspectedDisk, 'layout'>[],
): SystemsInPlan {
  return {
    systems: systems.map(({ needs, ...system }) => ({
      ...system,
      needs: needs.map((need) => ({ ...need, taken: isTaken(inspected, need.disk, need.partition) })),
    })),
    unread: mayHideSystems({ systems, unread }),
  };
}

/** The operating systems on disks, and the volumes that may hold more of them. */
export async function surveySystems(inspected: readonly InspectedDisk[]): Promise<SystemSurvey> {
  const { systems, unread } = await look(inspected);
  return { systems: withEarlier(systems), unread };
}

/** Which of them is a Windows with a later one beside it. */
export function withEarlier(systems: Looked['systems']): SystemSurvey['systems'] {
  const newest = Math.max(0, ...systems.map(({ build = 0 }) => build));
  return systems.map((system) => ({
    ...system,
    earlier: system.family === 'windows' && (system.build ?? 0) < newest,
  }));
}

/** What was found on disks. */
interface Looked {
  readonly systems: readonly Omit<InstalledSystem, 'missing'>[];
  readonly unread: SystemSurvey['unread'];
}

async function look(inspected: readonly InspectedDisk[]): Promise<Looked> {
  const { disks, volumes, broken } = await candidatesOn(inspected);
  const systems = withPools(withRunning(await findSystems(disks, volumes), inspected), inspected);
  return {
    systems: systems.map(({ missing, startKnown, ...system }) => ({
      ...system,
      startKnown: startKnown && missing.length === 0,
    })),
    unread: volumes.flatMap((candidate) => {
      const { disk, partition, files } = candidate;
      const volume = inspected[disk]?.layout.volumes.find((each) => each.partition === partition);
      const { fileSystem = 'swap' } = volume ?? {};
      if (broken.has(candidate)) return [{ disk, partition, why: `not all of this ${fileSystem} can be read` }];
      // What is not known to be anything, and swap space, hold no system.
      if (files !== undefined || fileSystem === 'swap') return [];
      return [{ disk, partition, why: `nobody can look into ${fileSystem}` }];
    }),
  };
}

function isTaken(inspected: readonly Pick<InspectedDisk, 'layout'>[], disk: number, partition: number): boolean {
  const volume = inspected[disk]?.layout.volumes.find((each) => each.partition === partition);
  return volume !== undefined && isSelected(volume);
}
