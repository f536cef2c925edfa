import type { Catalog } from '../image/catalog.js';
import type { Share } from '../image/share.js';
import type { VersionRecord } from '../model/version-record.js';

/** True when nothing was committed, taken back, deleted or merged between two looks. */
export function sameState(a: Catalog, b: Catalog): boolean {
  return stateOf(a) === stateOf(b);
}

/** What a point must agree with to be of use: what is there, and what of it is read. */
export function verifyState(catalog: Catalog, version: VersionRecord | undefined, share: Share | undefined): string {
  return JSON.stringify([catalog.folder, version?.id ?? 'all', share ?? 'whole', stateOf(catalog)]);
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
