import type { NamePrefix } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { Target } from '../contract/target.js';
import { listComputers, readCatalog, type Catalog } from '../image/catalog.js';
import { computerNames } from '../image/names.js';
import { readStamped } from '../image/read-stamped.js';
import type { CatalogFacts } from '../model/catalog-facts.js';
import { computerRecordSchema } from '../model/version-record.js';
import { ownerOf } from './catalog-facts.js';

/** A computer of which there are versions on a target. */
export interface NamedComputer {
  readonly folder: string;
  readonly name: string;
}

/** The computers on a target that are the machine of this id, and of which there are versions. */
export async function findSameMachine(
  target: Target,
  machineId: string | undefined,
  hasher: Hasher,
): Promise<readonly NamedComputer[]> {
  const found: NamedComputer[] = [];
  if (machineId === undefined) return found;
  for (const folder of await listComputers(target)) {
    const owner = await readOwner(target, folder, hasher);
    if (owner?.machineId !== machineId) continue;
    if (await holdsAny(target, computerNames(folder).versions)) found.push({ folder, name: owner.name });
  }
  return found;
}

/** Its versions are read only where its own record is gone or damaged. */
async function readOwner(target: Target, folder: string, hasher: Hasher): Promise<CatalogFacts['owner']> {
  const record = await readStamped(target, computerNames(folder).computer, computerRecordSchema, hasher);
  if (typeof record === 'object') return ownerOf(record, undefined);
  return ownerOf(undefined, (await readCatalog(target, folder, hasher)).versions.at(-1));
}

async function holdsAny(target: Target, prefix: NamePrefix): Promise<boolean> {
  for await (const _ of target.list(prefix)) return true;
  return false;
}

/** Where there is no version of a computer: other names under which the machine of this id has some. */
export async function readEarlierNames(
  target: Target,
  { folder, versions, lost }: Pick<Catalog, 'folder' | 'versions' | 'lost'>,
  machineId: string | undefined,
  hasher: Hasher,
): Promise<readonly string[]> {
  if (versions.length > 0 || lost.length > 0) return [];
  const same = await findSameMachine(target, machineId, hasher);
  return same.filter((other) => other.folder !== folder).map(({ name }) => name);
}
