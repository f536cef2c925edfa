import type { ExtentSet } from '@sysimage/extents';
import { isSysimageError } from '../contract/errors.js';
import type { Hasher } from '../contract/services.js';
import type { Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import { readAllocation } from '../image/read-map.js';
import type { DiskRecord } from '../model/version-record.js';
import { assemblePlan, type PlanSettings, type PreparedBackup } from '../plan/assemble-plan.js';
import { baseFor } from '../plan/base-for.js';
import { diskKey } from '../plan/disk-key.js';
import { catalogFacts } from './catalog-facts.js';
import { readEarlierNames } from './earlier-names.js';
import type { InspectedDisk } from './inspect-disk.js';

/** Decides everything that can be decided before a byte is written. Errors: as of `assemblePlan`. */
export async function planBackup(
  inspected: readonly InspectedDisk[],
  target: Target,
  catalog: Catalog,
  settings: PlanSettings,
  hasher: Hasher,
): Promise<PreparedBackup> {
  const { traits, capabilities } = target;
  const { free, total } = (await target.facets.capacity?.read()) ?? {};
  const allocations = new Map<string, ExtentSet>();
  for (const { source, layout } of inspected) {
    const key = diskKey(layout, source.path, hasher);
    const base = baseFor(catalog, { key, layout });
    const known = base === undefined ? undefined : await knownAllocation(target, base.disk, hasher);
    if (known !== undefined) allocations.set(key, known);
  }
  const earlierNames = await readEarlierNames(target, catalog, settings.machineId, hasher);
  return assemblePlan(
    inspected,
    { traits, capabilities, free, total, catalog: catalogFacts(catalog), allocations, earlierNames },
    settings,
    hasher,
  );
}

/** `undefined` when the map of the base is damaged: then a new image will be begun. */
export async function knownAllocation(
  target: Target,
  disk: DiskRecord,
  hasher: Hasher,
): Promise<ExtentSet | undefined> {
  try {
    return await readAllocation(target, disk, hasher);
  } catch (error) {
    if (isSysimageError(error, 'corrupt')) return undefined;
    throw error;
  }
}
