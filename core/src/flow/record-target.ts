import type { FacetName, Target } from '../contract/target.js';
import { readCatalog, type Catalog } from '../image/catalog.js';
import { computerFolder } from '../image/names.js';
import type { CatalogFacts } from '../model/catalog-facts.js';
import { runsOf } from '../model/recorded-runs.js';
import { traitsSchema, type ComputerFacts, type TargetFacts } from '../model/target-facts.js';
import { catalogFacts } from './catalog-facts.js';
import { findSameMachine } from './earlier-names.js';
import type { EngineServices } from './engine.js';
import { knownAllocation } from './plan-backup.js';

/** Of which computers it is written down what a target holds. */
export interface TargetRecordRequest {
  readonly target: Target;
  /** By their names; beside them, whatever the target holds of this machine under other names. */
  readonly computers: readonly string[];
  /** When a version was last found whole, ISO 8601, by the folder of its computer. */
  readonly lastVerified: (folder: string) => Promise<string | undefined>;
}

const facetNames: readonly FacetName[] = ['random', 'batch', 'history', 'capacity', 'lease', 'media', 'retention'];

/** Says all of a target that a plan goes by. Writes nothing there. */
export async function recordTarget(
  { target, computers, lastVerified }: TargetRecordRequest,
  { machine, hasher }: Pick<EngineServices, 'machine' | 'hasher'>,
): Promise<TargetFacts> {
  const { traits, facets } = target;
  const { free, total } = (await facets.capacity?.read()) ?? {};
  const names = new Map(computers.map((name) => [computerFolder(name, hasher), name]));
  for (const { folder, name } of await findSameMachine(target, machine.machineId, hasher))
    if (!names.has(folder)) names.set(folder, name);
  const found: ComputerFacts[] = [];
  for (const [folder, name] of names) {
    const catalog = await readCatalog(target, folder, hasher);
    const verifiedAt = await lastVerified(folder);
    found.push({
      name,
      ...(verifiedAt === undefined ? {} : { verifiedAt }),
      ...(await withAllocations(target, catalog, hasher)),
    });
  }
  return {
    traits: traitsSchema.parse(traits),
    facets: facetNames.filter((name) => facets[name] !== undefined),
    free,
    total,
    computers: found,
  };
}

/** With what the newest image of each disk holds. */
async function withAllocations(
  target: Target,
  catalog: Catalog,
  hasher: EngineServices['hasher'],
): Promise<CatalogFacts> {
  const facts = catalogFacts(catalog);
  const known = new Set<string>();
  for (const version of facts.versions.toReversed()) {
    const record = catalog.versions.find(({ id }) => id === version.id);
    for (const disk of version.disks) {
      const own = record?.disks.find(({ image }) => image.name === disk.image.name);
      if (own === undefined || disk.image.kind !== 'in-place' || known.has(disk.key)) continue;
      known.add(disk.key);
      const allocation = await knownAllocation(target, own, hasher);
      if (allocation !== undefined) disk.allocation = runsOf(allocation);
    }
  }
  return facts;
}
