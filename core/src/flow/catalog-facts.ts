import type { Catalog } from '../image/catalog.js';
import type { CatalogFacts, VersionFacts } from '../model/catalog-facts.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';

/** What of a catalog a plan goes by. */
export function catalogFacts({ computer, versions, lost, openRuns }: Catalog): CatalogFacts {
  const held = new Set<string>();
  const newestFirst: VersionFacts[] = [];
  for (const version of versions.toReversed()) {
    const disks = version.disks.filter((disk) => !held.has(heldAs(disk)));
    for (const disk of disks) held.add(heldAs(disk));
    newestFirst.push(versionFacts(version, disks));
  }
  return {
    ...(computer === undefined ? {} : { owner: { name: computer.name, machineId: computer.machineId } }),
    versions: newestFirst.toReversed(),
    lost: lost.map(({ id }) => ({ id })),
    openRuns: openRuns.length,
  };
}

/** Of two versions with such a disk only the newer one counts. */
function heldAs({ key, image }: DiskRecord): string {
  return `${image.kind} ${key}`;
}

function versionFacts({ id, createdAt, systems }: VersionRecord, disks: readonly DiskRecord[]): VersionFacts {
  return {
    id,
    createdAt,
    disks: disks.map(({ key, layout, image: { name, kind }, unreadable }) => ({
      key,
      layout,
      image: { name, kind },
      unreadableBytes: unreadable.reduce((sum, { start, end }) => sum + end - start, 0),
    })),
    ...(systems === undefined || disks.length === 0
      ? {}
      : { systems: systems.map(({ family, name }) => ({ family, name })) }),
  };
}
