import type { InstalledSystem } from '@sysimage/installed-systems';
import type { DiskLayout } from '../model/disk-layout.js';

/** The systems on disks, each with all volumes of what it lies on: a Btrfs over several devices, a group of LVM. */
export function withPools(
  systems: readonly InstalledSystem[],
  disks: readonly { readonly layout: Pick<DiskLayout, 'volumes'> }[],
): readonly InstalledSystem[] {
  const members = disks.flatMap(({ layout }, disk) =>
    layout.volumes.flatMap(({ partition, pool }) => (pool === undefined ? [] : [{ disk, partition, ...pool }])),
  );
  if (members.length === 0) return systems;
  return systems.map((system) => {
    const needs = system.needs.flatMap((need) => {
      const own = members.find(({ disk, partition }) => disk === need.disk && partition === need.partition);
      const others = members.filter((each) => each !== own && each.id === own?.id);
      return [need, ...others.map(({ disk, partition }) => ({ disk, partition, role: need.role }))];
    });
    const isFirst = ({ disk, partition, role }: InstalledSystem['needs'][number], index: number): boolean =>
      needs.findIndex((each) => each.disk === disk && each.partition === partition && each.role === role) === index;
    return { ...system, needs: needs.filter(isFirst) };
  });
}
