import type { Held, ObjectStat, Target } from '../contract/target.js';
import { oldestId, type Catalog } from './catalog.js';
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
 * rolled back, and of versions that were deleted. While a record cannot be read, that is nothing: it may refer to anything.
 */
export async function findUnneeded(target: Target, catalog: Catalog): Promise<readonly ObjectStat[]> {
  if (target.traits.writeOnce || catalog.lost.length > 0 || catalog.openRuns.length > 0) return [];
  const kept = referencedNames(catalog);
  const doomed: ObjectStat[] = [];
  for await (const stat of target.list(catalog.names.folder)) {
    const { name } = stat;
    if (name.split('/')[2]?.startsWith('disk-') !== true) continue;
    if (!kept.has(name)) doomed.push(stat);
  }
  // Maps and images first: a layer that is still there after a cut is merely found again.
  return doomed.sort(
    (a, b) => Number(parseLayerName(a.name) !== undefined) - Number(parseLayerName(b.name) !== undefined),
  );
}

function referencedNames(catalog: Catalog): ReadonlySet<string> {
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
