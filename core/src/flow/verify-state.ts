import type { Hasher } from '../contract/services.js';
import type { Catalog } from '../image/catalog.js';
import { toHex } from '../image/grain.js';
import type { VerifyRequest } from './verify.js';

/** True when nothing was committed, taken back, deleted or merged between two looks. */
export function sameState(a: Catalog, b: Catalog): boolean {
  return stateOf(a) === stateOf(b);
}

/** What a point must agree with to be of use: what is there, in which state as the target tells it, and what of it is read. */
export async function verifyState(
  { target, catalog, version, share, signal }: VerifyRequest,
  hasher: Hasher,
): Promise<string> {
  const objects: unknown[] = [];
  for await (const { name, size, state } of target.list(catalog.names.folder, signal === undefined ? {} : { signal }))
    if (name.split('/')[2]?.startsWith('disk-') === true) objects.push([name, size, state]);
  const seen = toHex(hasher.digest(new TextEncoder().encode(JSON.stringify(objects))));
  return JSON.stringify([catalog.folder, version?.id ?? 'all', share ?? 'whole', stateOf(catalog), seen]);
}

function stateOf({ versions, lost, openRuns, staleRuns, compactions, lostCompactions }: Catalog): string {
  const merged = compactions.map(({ id }) => id);
  return JSON.stringify([
    versions.map(({ id }) => id),
    lost,
    openRuns.map(({ run }) => run),
    staleRuns,
    merged,
    lostCompactions,
  ]);
}
