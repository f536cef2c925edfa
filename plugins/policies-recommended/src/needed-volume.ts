import type { BackupPlan } from '@sysimage/core/plugin';

type Disk = BackupPlan['disks'][number];
type Place = Pick<BackupPlan['unread'][number], 'disk' | 'partition'>;

/** The volume that a system needs, in the words of findings; `undefined` when the plan does not show it. */
export function neededVolume(
  disks: readonly Disk[],
  need: Place,
): { readonly volume: Disk['layout']['volumes'][number]; readonly path: string; readonly subject: string } | undefined {
  const disk = disks.find(({ index }) => index === need.disk);
  const position = disk?.layout.volumes.findIndex(({ partition }) => partition === need.partition) ?? -1;
  const volume = disk?.layout.volumes[position];
  if (disk === undefined || volume === undefined) return undefined;
  return { volume, path: disk.path, subject: `disks/${need.disk}/volumes/${position}` };
}
