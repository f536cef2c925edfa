import { isSysimageError } from '../contract/errors.js';
import { newestOf, oldestId, type Catalog } from '../image/catalog.js';
import { checkImage } from '../image/check-image.js';
import { checkLayer } from '../image/check-layer.js';
import { readStored } from '../image/object-io.js';
import type { FoundDamage } from '../model/damage.js';
import type { DiskRecord, LayerEntry, StoredObject } from '../model/version-record.js';
import type { Target } from '../contract/target.js';
import type { Hasher } from '../contract/services.js';

export interface DamageSearch {
  readonly target: Target;
  readonly catalog: Catalog;
  readonly hasher: Hasher;
  /** Hears once how many bytes will be looked at. */
  readonly onTotal: (bytes: number) => void;
  /** Hears how many were. May throw to stop. */
  readonly onRead: (bytes: number) => void;
}

/** Reads every object that versions name, each once, from end to end. */
export async function findDamage(search: DamageSearch): Promise<readonly FoundDamage[]> {
  const { target, catalog, hasher, onRead } = search;
  const { maps, layers, images } = objectsOf(catalog);
  const sizes = [...maps, ...layers, ...images.map(({ image }) => image)];
  search.onTotal(sizes.reduce((sum, { size }) => sum + size, 0));
  const oldest = oldestId(catalog);
  const found: FoundDamage[] = [];
  for (const map of maps) {
    const damage = await checkMap(search, map);
    if (damage !== undefined) found.push(damage);
    onRead(map.size);
  }
  for (const entry of layers) {
    for await (const damage of checkLayer({ target, entry, hasher, onRead })) found.push(damage);
  }
  for (const disk of images) {
    for await (const damage of checkImage({ target, disk, oldest, hasher, onRead })) found.push(damage);
  }
  return found;
}

interface Objects {
  readonly maps: readonly StoredObject[];
  readonly layers: readonly LayerEntry[];
  /** Of every image the newest version: its maps tell of all that is in it. */
  readonly images: readonly DiskRecord[];
}

function objectsOf(catalog: Catalog): Objects {
  const maps = new Map<string, StoredObject>();
  const layers = new Map<string, LayerEntry>();
  const images: DiskRecord[] = [];
  const oldest = oldestId(catalog);
  for (const version of catalog.versions) {
    for (const disk of version.disks) {
      for (const map of [disk.allocation, ...disk.shards]) maps.set(map.name, map);
      if (newestOf(catalog, disk.image.name) !== version) continue;
      images.push(disk);
      for (const layer of disk.layers) if (oldest !== undefined && layer.base >= oldest) layers.set(layer.name, layer);
    }
  }
  return { maps: [...maps.values()], layers: [...layers.values()], images };
}

async function checkMap({ target, hasher }: DamageSearch, map: StoredObject): Promise<FoundDamage | undefined> {
  const object = map.name;
  try {
    await readStored(target, map, hasher);
    const size = (await target.stat(object))?.size ?? map.size;
    if (size === map.size) return undefined;
    const [start, end] = [Math.min(size, map.size), Math.max(size, map.size)];
    return { object, start, end, what: `it has ${size} bytes instead of ${map.size}`, harmless: true };
  } catch (error) {
    if (!isSysimageError(error, 'corrupt')) throw error;
    return { object, start: 0, end: map.size, what: error.message };
  }
}
