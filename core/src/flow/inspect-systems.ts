import { findSystems } from '@sysimage/installed-systems';
import type { InstalledSystemFacts } from '../model/plan.js';
import { isSelected } from '../plan/selection.js';
import { candidatesOn } from './candidate-volumes.js';
import type { InspectedDisk } from './inspect-disk.js';

/** The operating systems on the disks of a run. What cannot be read is passed over: it must not keep anything from being backed up. */
export async function inspectSystems(inspected: readonly InspectedDisk[]): Promise<readonly InstalledSystemFacts[]> {
  const { disks, volumes } = await candidatesOn(inspected);
  return (await findSystems(disks, volumes)).map(({ needs, ...system }) => ({
    ...system,
    needs: needs.map((need) => ({ ...need, taken: isTaken(inspected, need.disk, need.partition) })),
  }));
}

function isTaken(inspected: readonly InspectedDisk[], disk: number, partition: number): boolean {
  const volume = inspected[disk]?.layout.volumes.find((each) => each.partition === partition);
  return volume !== undefined && isSelected(volume);
}
