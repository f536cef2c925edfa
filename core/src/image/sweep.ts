import type { Held, ObjectStat, Target } from '../contract/target.js';
import { versionIdSchema, type LayerEntry } from '../model/version-record.js';
import { newestOf, oldestId, type Catalog } from './catalog.js';
import { parseLayerName } from './names.js';

/**
 * Removes what no version and no open run refers to. Only under the exclusive lease: without it, what is listed may be somebody
 * else's.
 */
export async function sweep(target: Target, catalog: Catalog, held: Held | undefined): Promise<void> {
  for (const { name } of await findUnneeded(target, catalog)) {
    held?.assertHeld();
    await target.remove(name);
  }
}

/**
 * Finds what no version and no open run refers to, in the order in which it may go: maps, layers and images of runs that were
 * rolled back, and of versions that were deleted; layers that others took the place of. While a record cannot be read, that is
 * nothing: it may refer to anything.
 */
export async function findUnneeded(target: Target, catalog: Catalog): Promise<readonly ObjectStat[]> {
  if (target.traits.writeOnce || catalog.lost.length > 0 || catalog.openRuns.length > 0) return [];
  const kept = referencedNames(catalog);
  const there: ObjectStat[] = [];
  for await (const stat of target.list(catalog.names.folder)) there.push(stat);
  const missing = missingLayers(catalog, new Set(there.map(({ name }) => name)));
  for (const { id, layer } of catalog.compactions) if (kept.has(layer.name)) kept.add(catalog.names.compaction(id));
  if (missing.length > 0) for (const { id } of catalog.lostCompactions) kept.add(catalog.names.compaction(id));
  const doomed = there.filter(({ name }) => {
    const isOurs =
      name.split('/')[2]?.startsWith('disk-') === true || isCompaction(catalog, name) || isIdleBallast(catalog, name);
    return isOurs && !kept.has(name) && !missing.some((layer) => reachesOver(name, layer));
  });
  // Maps and images first: a layer that is still there after a cut is merely found again.
  return doomed.sort(
    (a, b) => Number(parseLayerName(a.name) !== undefined) - Number(parseLayerName(b.name) !== undefined),
  );
}

function referencedNames(catalog: Catalog): Set<string> {
  const names = new Set<string>();
  for (const version of catalog.versions) {
    for (const disk of version.disks) {
      names.add(disk.image.name);
      names.add(disk.allocation.name);
      for (const shard of disk.shards) names.add(shard.name);
      const oldest = oldestId(catalog, disk.image.name);
      for (const layer of disk.layers) if (oldest !== undefined && layer.base >= oldest) names.add(layer.name);
    }
  }
  return names;
}

/** Where there is no version, nobody is served by it. */
function isIdleBallast({ names, versions }: Catalog, name: string): boolean {
  return versions.length === 0 && name === names.ballast;
}

function isCompaction({ names }: Catalog, name: string): boolean {
  const id = /^([^/]+)\.json$/u.exec(name.slice(names.compactions.length + 1))?.[1];
  return versionIdSchema.safeParse(id).success && name.startsWith(`${names.compactions}/`);
}

/** Layers that versions are read through and that are not there. */
function missingLayers(catalog: Catalog, there: ReadonlySet<string>): readonly LayerEntry[] {
  return catalog.versions.flatMap((version) =>
    version.disks.flatMap(({ image, layers }) => {
      const oldest = oldestId(catalog, image.name);
      if (newestOf(catalog, image.name) !== version || oldest === undefined) return [];
      return layers.filter(({ name, base }) => base >= oldest && !there.has(name));
    }),
  );
}

/** True of what may have taken the place of a layer that is gone, although nobody can tell any more. */
function reachesOver(name: string, gone: LayerEntry): boolean {
  const layer = parseLayerName(name);
  const isBeside = name.slice(0, name.lastIndexOf('/')) === gone.name.slice(0, gone.name.lastIndexOf('/'));
  return layer !== undefined && isBeside && layer.base <= gone.base && layer.run >= gone.run;
}
