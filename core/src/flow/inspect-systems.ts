import { findSystems, type InstalledSystem } from '@sysimage/installed-systems';
import type { InstalledSystemFacts } from '../model/plan.js';
import { isSelected } from '../plan/selection.js';
import type { SystemSurvey } from '../plan/volume-roles.js';
import { candidatesOn } from './candidate-volumes.js';
import type { InspectedDisk } from './inspect-disk.js';

/** The operating systems on the disks of a run. What cannot be read is passed over: it must not keep anything from being backed up. */
export async function inspectSystems(inspected: readonly InspectedDisk[]): Promise<readonly InstalledSystemFacts[]> {
  const { disks, volumes } = await candidatesOn(inspected);
  return withTaken(await findSystems(disks, volumes), inspected);
}

/** Which of the volumes that systems need a run takes. */
export function withTaken(
  systems: readonly InstalledSystem[],
  inspected: readonly Pick<InspectedDisk, 'layout'>[],
): readonly InstalledSystemFacts[] {
  return systems.map(({ needs, ...system }) => ({
    ...system,
    needs: needs.map((need) => ({ ...need, taken: isTaken(inspected, need.disk, need.partition) })),
  }));
}

/** The operating systems on disks, and the volumes that may hold more of them. */
export async function surveySystems(inspected: readonly InspectedDisk[]): Promise<SystemSurvey> {
  const { disks, volumes } = await candidatesOn(inspected);
  const systems = await findSystems(disks, volumes);
  const newest = Math.max(0, ...systems.map(({ build = 0 }) => build));
  return {
    systems: systems.map((system) => ({
      ...system,
      earlier: system.family === 'windows' && (system.build ?? 0) < newest,
    })),
    unread: volumes.flatMap(({ disk, partition, files }) => {
      const volume = inspected[disk]?.layout.volumes.find((each) => each.partition === partition);
      const { fileSystem = 'swap' } = volume ?? {};
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
