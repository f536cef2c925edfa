import { isSysimageError } from '../contract/errors.js';
import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import { isStray, newestOf, type Catalog } from '../image/catalog.js';
import { openLayer } from '../image/layer-reader.js';
import { parseLayerName } from '../image/names.js';
import type { RunMark } from '../model/version-record.js';

/**
 * Runs that were complete and whose records are gone, as layers on top of the newest version of an image that is not as that version
 * left it: they must be taken back, newest first, or older versions have lost what these layers keep.
 */
export async function findForgotten(target: Target, catalog: Catalog, hasher: Hasher): Promise<RunMark['disks']> {
  const known = new Set([...catalog.versions, ...catalog.lost].map(({ id }) => id));
  const forgotten: RunMark['disks'] = [];
  for (const version of catalog.versions) {
    for (const { key, image } of version.disks) {
      if (image.kind !== 'in-place' || newestOf(catalog, image.name) !== version) continue;
      const stat = await target.stat(image.name);
      if (stat === undefined || (image.state !== undefined && stat.state === image.state)) continue;
      const tops = new Set([version.id]);
      // Names sort by base, so what lies on a layer comes after it.
      for await (const { name } of target.list(catalog.names.layers(key))) {
        const layer = parseLayerName(name);
        if (layer === undefined || !tops.has(layer.base) || known.has(layer.run) || isStray(catalog, name)) continue;
        if (!(await isSealed(target, name, hasher))) continue;
        tops.add(layer.run);
        forgotten.unshift({ key, image: image.name, layer: name, base: layer.base });
      }
    }
  }
  return forgotten;
}

/** One that is not is of a run that was never complete, or that was taken back. */
export async function isSealed(
  target: Target,
  name: ObjectName,
  hasher: Hasher,
  options?: CallOptions,
): Promise<boolean> {
  try {
    return (await openLayer(target, name, hasher, options))?.sealed === true;
  } catch (error) {
    // Removed meanwhile, or cut.
    if (isSysimageError(error, 'corrupt') || isSysimageError(error, 'not-found')) return false;
    throw error;
  }
}
