import { SysimageError } from '../contract/errors.js';
import type { Hasher, Machine } from '../contract/services.js';
import type { Target } from '../contract/target.js';
import { listComputers, readCatalog, type Catalog } from '../image/catalog.js';
import { computerFolder } from '../image/names.js';
import type { VersionRecord } from '../model/version-record.js';
import { isGood } from '../plan/good-version.js';

/** The catalogs of all computers on a target, or of the one that is named. */
export async function readCatalogs(
  target: Target,
  computer: string | undefined,
  hasher: Hasher,
): Promise<readonly Catalog[]> {
  const folders = computer === undefined ? await listComputers(target) : [computerFolder(computer, hasher)];
  const catalogs: Catalog[] = [];
  for (const folder of folders) catalogs.push(await readCatalog(target, folder, hasher));
  return catalogs.filter(
    (catalog) =>
      catalog.computer !== undefined ||
      catalog.versions.length > 0 ||
      catalog.lost.length > 0 ||
      catalog.openRuns.length > 0,
  );
}

/** The name that people gave a computer, as far as the target knows it. */
export function computerName(catalog: Catalog): string {
  return catalog.computer?.name ?? catalog.versions.at(-1)?.computer ?? catalog.folder;
}

/**
 * The catalog that a command means: the named computer, the only one there, or this machine's. Errors: `not-found` when there is
 * none; `invalid` when several fit, naming them.
 */
export async function chooseComputer(
  target: Target,
  computer: string | undefined,
  services: { readonly hasher: Hasher; readonly machine: Machine },
): Promise<Catalog> {
  const catalogs = await readCatalogs(target, computer, services.hasher);
  const [only] = catalogs;
  if (only === undefined) {
    const what = computer === undefined ? 'no backups' : `no backups of a computer called ${computer}`;
    throw new SysimageError('not-found', `there are ${what} on ${target.traits.location}`, {
      operation: 'find computer',
    });
  }
  if (catalogs.length === 1) return only;
  const { machineId } = services.machine;
  const own = catalogs.filter((catalog) => machineId !== undefined && catalog.computer?.machineId === machineId);
  if (own.length === 1 && own[0] !== undefined) return own[0];
  throw new SysimageError(
    'invalid',
    `${target.traits.location} holds several computers: ${catalogs.map(computerName).join(', ')}`,
    {
      operation: 'find computer',
      remedy: 'Say which one with --computer NAME.',
    },
  );
}

/** The version of an id, a unique prefix of one, or `latest`. Errors: `not-found`, `invalid` (several fit), `corrupt` (lost). */
export function chooseVersion(catalog: Catalog, wanted: string): VersionRecord {
  const name = computerName(catalog);
  if (wanted === 'latest') {
    // A version taken from a volume in use, or with sectors that could not be read, is not "the last good one".
    const latest = catalog.versions.findLast(isGood) ?? catalog.versions.at(-1);
    if (latest !== undefined) return latest;
    throw new SysimageError('not-found', `there is no complete version of ${name}`, { operation: 'find version' });
  }
  const lower = wanted.toLowerCase();
  const fitting = catalog.versions.filter(({ id }) => id.startsWith(lower));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const choices = catalog.versions.map(({ id }) => id).join(', ');
  if (fitting.length > 1) {
    throw new SysimageError('invalid', `"${wanted}" fits several versions: ${fitting.map(({ id }) => id).join(', ')}`, {
      operation: 'find version',
    });
  }
  const lost = catalog.lost.find(({ id }) => id.startsWith(lower));
  if (lost !== undefined) {
    throw new SysimageError('corrupt', `version ${lost.id} of ${name} is lost: ${lost.reason}`, {
      operation: 'find version',
    });
  }
  throw new SysimageError('not-found', `${name} has no version ${wanted}`, {
    operation: 'find version',
    ...(choices === '' ? {} : { remedy: `There are: ${choices}` }),
  });
}

/** The id that a text means, of a lost version too. Errors: `not-found`, `invalid`. */
export function chooseVersionId(catalog: Catalog, wanted: string): string {
  const lower = wanted.toLowerCase();
  const lost = catalog.lost.filter(({ id }) => id.startsWith(lower));
  const complete = catalog.versions.some(({ id }) => id.startsWith(lower));
  const [only] = lost;
  return only !== undefined && lost.length === 1 && !complete ? only.id : chooseVersion(catalog, wanted).id;
}
