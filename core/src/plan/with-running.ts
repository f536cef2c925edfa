import { neededMountPoints, startTypes, type InstalledSystem, type Need } from '@sysimage/installed-systems';
import type { SourceMount } from '../contract/source.js';
import type { DiskLayout } from '../model/disk-layout.js';

/** A disk as it is about to be taken. */
interface MountedDisk {
  readonly source: { readonly mounts: readonly SourceMount[] };
  readonly layout: Pick<DiskLayout, 'scheme' | 'partitions' | 'volumes'>;
}

/**
 * The systems on disks, and what the running Linux has mounted of them where it needs it: that is known even of volumes into which nobody can
 * look.
 */
export function withRunning(
  systems: readonly InstalledSystem[],
  disks: readonly MountedDisk[],
): readonly InstalledSystem[] {
  const mounted = disks.flatMap(({ source, layout }, disk) =>
    source.mounts.flatMap((mount) => needsOf(mount, layout, disk)),
  );
  const roots = mounted.filter(({ role }) => role === 'boot');
  if (roots.length === 0) return systems;
  const linux = systems.filter(({ family }) => family === 'linux');
  const starts = [...mounted, ...startsOn(roots, disks)];
  const known =
    linux.find(({ needs: [own] }) => own !== undefined && isIn(own, roots)) ??
    // Of one whose root lies on none of these volumes, its loader is known.
    linux.find(({ needs: [start] }) => start?.role === 'system' && isIn(start, starts));
  const running = known ?? { ...nameless, needs: [] };
  const needs = [...running.needs];
  for (const { place: _, ...need } of [...mounted, ...(known === undefined ? startsOn(roots, disks) : [])])
    if (!isIn(need, needs)) needs.push(need);
  const whole: InstalledSystem = {
    ...running,
    needs: [...needs.filter(({ role }) => role === 'boot'), ...needs.filter(({ role }) => role !== 'boot')],
    startKnown: running.startKnown || needs.some(({ role }) => role === 'system') || hasBootTrack(roots, disks),
    missing: running.missing.filter((place) => mounted.every((each) => each.place !== place)),
  };
  return known === undefined ? [...systems, whole] : systems.map((system) => (system === known ? whole : system));
}

/** What else it is nobody can tell. */
const nameless = {
  family: 'linux',
  name: 'Linux',
  version: undefined,
  build: undefined,
  startKnown: false,
  missing: [],
} as const;

interface Mounted extends Need {
  readonly place: string;
}

function needsOf({ mountPoint: place, offset }: SourceMount, layout: MountedDisk['layout'], disk: number): Mounted[] {
  const role = place === '/' ? 'boot' : neededMountPoints.get(place);
  if (role === undefined || offset === undefined) return [];
  return layout.volumes
    .filter(({ start, size }) => offset >= start && offset < start + size)
    .map(({ partition }) => ({ disk, partition, role, place }));
}

/** Firmware finds these though nothing mounts them. */
function startsOn(roots: readonly Need[], disks: readonly MountedDisk[]): readonly Mounted[] {
  return disks.flatMap(({ layout }, disk) =>
    layout.partitions
      .filter(({ type }) => roots.some((root) => root.disk === disk) && startTypes.has(type.toUpperCase()))
      .map(({ index: partition }) => ({ disk, partition, role: 'system', place: '' })),
  );
}

/** Behind a master boot record lies the loader, in front of the first partition, and is always taken; what it reads may lie in the root itself. */
function hasBootTrack(roots: readonly Need[], disks: readonly MountedDisk[]): boolean {
  return roots.some(({ disk }) => disks[disk]?.layout.scheme === 'mbr');
}

function isIn({ disk, partition }: Need, needs: readonly Need[]): boolean {
  return needs.some((need) => need.disk === disk && need.partition === partition);
}
