import type { NamePrefix } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { Target } from '../contract/target.js';
import { listComputers, readCatalog, type Catalog } from '../image/catalog.js';
import { computerNames } from '../image/names.js';
import { readStamped } from '../image/read-stamped.js';
import { computerRecordSchema, type ComputerRecord } from '../model/version-record.js';

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
    const owner = await ownerOf(target, folder, hasher);
    if (owner?.machineId !== machineId) continue;
    if (await holdsAny(target, computerNames(folder).versions)) found.push({ folder, name: owner.name });
  }
  return found;
}

/** Whose folder it is: where its own record is gone or damaged, as its newest version says. */
async function ownerOf(
  target: Target,
  folder: string,
  hasher: Hasher,
): Promise<Pick<ComputerRecord, 'name' | 'machineId'> | undefined> {
  const record = await readStamped(target, computerNames(folder).computer, computerRecordSchema, hasher);
  if (typeof record === 'object') return record;
  const newest = (await readCatalog(target, folder, hasher)).versions.at(-1);
  return newest === undefined ? undefined : { name: newest.computer, machineId: newest.machineId };
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
