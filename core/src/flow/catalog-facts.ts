import type { Catalog } from '../image/catalog.js';
import type { CatalogFacts, VersionFacts } from '../model/catalog-facts.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import { isGood } from '../plan/good-version.js';

/** What of a catalog a plan goes by. */
export function catalogFacts({
  computer,
  versions,
  lost,
  openRuns,
}: Pick<Catalog, 'computer' | 'versions' | 'lost' | 'openRuns'>): CatalogFacts {
  const held = new Set<string>();
  const newestFirst: VersionFacts[] = [];
  for (const version of versions.toReversed()) {
    const heldAs = ({ key, image }: DiskRecord): string => `${image.kind} ${isGood(version) ? 'good' : ''} ${key}`;
    const disks = version.disks.filter((disk) => !held.has(heldAs(disk)));
    for (const disk of disks) held.add(heldAs(disk));
    newestFirst.push(versionFacts(version, disks));
  }
  const owner = ownerOf(computer, versions.at(-1));
  return {
    ...(owner === undefined ? {} : { owner }),
    versions: newestFirst.toReversed(),
    lost: lost.map(({ id }) => ({ id })),
    openRuns: openRuns.length,
  };
}

/** Whose folder it is: where its own record is gone, or names no machine, as the newest version says. */
export function ownerOf(
  computer: Catalog['computer'],
  newest: Pick<VersionRecord, 'computer' | 'machineId'> | undefined,
): CatalogFacts['owner'] {
  const name = computer?.name ?? newest?.computer;
  return name === undefined ? undefined : { name, machineId: computer?.machineId ?? newest?.machineId };
}

function versionFacts(version: VersionRecord, disks: readonly DiskRecord[]): VersionFacts {
  const { id, createdAt, systems } = version;
  return {
    id,
    createdAt,
    good: isGood(version),
    disks: disks.map(({ key, path, layout, image: { name, kind }, unreadable }) => ({
      key,
      path,
      layout,
      image: { name, kind },
      unreadableBytes: unreadable.reduce((sum, { start, end }) => sum + end - start, 0),
    })),
    ...(systems === undefined || disks.length === 0
      ? {}
      : { systems: systems.flatMap((each) => systemOn(disks, each)) }),
  };
}

/** By the disk that its own volume lies on, which comes first. */
function systemOn(
  disks: readonly DiskRecord[],
  { family, name, needs: [own] }: NonNullable<VersionRecord['systems']>[number],
): NonNullable<VersionFacts['systems']> {
  const disk = disks.find(({ index }) => index === own?.disk);
  return disk === undefined ? [] : [{ disk: disk.key, family, name }];
}
