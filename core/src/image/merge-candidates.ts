import type { LayerEntry } from '../model/version-record.js';
import { newestOf, oldestId, type Catalog } from './catalog.js';
import type { MergeCandidate } from './prepare-merge.js';

/** Layers that follow one another and that no version needs apart: all of them are read through, or none. */
export function mergeCandidates(catalog: Catalog): readonly MergeCandidate[] {
  // What cannot be read may need anything, and an open run is read through what is there.
  if (catalog.lost.length > 0 || catalog.lostCompactions.length > 0 || catalog.openRuns.length > 0) return [];
  const candidates: MergeCandidate[] = [];
  for (const version of catalog.versions) {
    for (const { image, layers } of version.disks) {
      if (image.kind !== 'in-place' || newestOf(catalog, image.name) !== version) continue;
      const oldest = oldestId(catalog, image.name);
      const needed = layers.filter(({ base }) => oldest !== undefined && base >= oldest);
      for (const group of groupsOf(needed, new Set(catalog.versions.map(({ id }) => id)))) {
        const disk = catalog.versions
          .find(({ id }) => id === group[0]?.base)
          ?.disks.find((one) => one.image.name === image.name);
        if (disk !== undefined && group.length > 1) candidates.push({ disk, oldest, layers: group });
      }
    }
  }
  return candidates;
}

/** A group begins where a version is that is read through it and not through what lies below. */
function groupsOf(layers: readonly LayerEntry[], versions: ReadonlySet<string>): readonly (readonly LayerEntry[])[] {
  const groups: LayerEntry[][] = [];
  for (const layer of layers) {
    const group = groups.at(-1);
    if (group === undefined || versions.has(layer.base) || group.at(-1)?.run !== layer.base) groups.push([layer]);
    else group.push(layer);
  }
  return groups;
}
