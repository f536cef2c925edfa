import { isSysimageError } from '../contract/errors.js';
import { newestOf, oldestId, type Catalog } from '../image/catalog.js';
import { checkImage } from '../image/check-image.js';
import { checkLayer } from '../image/check-layer.js';
import { readStored } from '../image/object-io.js';
import { fractionOf, inShare, type Share } from '../image/share.js';
import type { FoundDamage } from '../model/damage.js';
import type { VerifyPoint } from '../model/verify-point.js';
import type { DiskRecord, LayerEntry, StoredObject } from '../model/version-record.js';
import type { Target } from '../contract/target.js';
import type { Hasher } from '../contract/services.js';

export interface DamageSearch {
  readonly target: Target;
  readonly catalog: Catalog;
  readonly hasher: Hasher;
  /** Which of the bytes that versions hold are read. Maps, and what frames those bytes, always are. */
  readonly share?: Share;
  /** From where on; what was found before is in it. */
  readonly from?: VerifyPoint;
  /** Hears once how many bytes will be looked at. */
  readonly onTotal: (bytes: number) => void;
  /** Hears how many were. May throw to stop. */
  readonly onRead: (bytes: number) => void;
  /** Hears how far it has come, and what was found up to there. */
  readonly onPoint: (point: Pick<VerifyPoint, 'name' | 'offset' | 'found'>) => void;
}

/** Reads every object that versions name, each once, from end to end, or a share of them. */
export async function findDamage(search: DamageSearch): Promise<readonly FoundDamage[]> {
  const { target, catalog, hasher, share, from, onRead } = search;
  const { maps, layers, images } = objectsOf(catalog);
  const sizeOf = (objects: readonly { readonly size: number }[]): number =>
    objects.reduce((sum, { size }) => sum + size, 0);
  const payload = sizeOf(layers) + sizeOf(images.map(({ image }) => image));
  search.onTotal(sizeOf(maps) + Math.ceil(payload * fractionOf(share)));
  const found: FoundDamage[] = [...(from?.found ?? [])];
  for (const map of maps) {
    const damage = await checkMap(search, map);
    if (damage !== undefined) found.push(damage);
    onRead(map.size);
  }
  const isInShare = inShare(share, hasher);
  const wanted = (name: string, offset: number): boolean =>
    isInShare(name, offset) && (name !== from?.name || offset > from.offset);
  const onReadOf =
    (name: string) =>
    (bytes: number, offset: number): void => {
      // What frames the bytes was read again, up to where it goes on.
      if (name !== from?.name || offset > from.offset) search.onPoint({ name, offset, found });
      onRead(bytes);
    };
  const checks = [
    ...layers.map((entry) => {
      const { name, size } = entry;
      return { name, size, run: () => checkLayer({ target, entry, hasher, wanted, onRead: onReadOf(name) }) };
    }),
    ...images.map((disk) => {
      const { name, size } = disk.image;
      return {
        name,
        size,
        run: () =>
          checkImage({ target, disk, oldest: oldestId(catalog, name), hasher, wanted, onRead: onReadOf(name) }),
      };
    }),
  ];
  const first = checks.findIndex(({ name }) => name === from?.name);
  for (const { name, size, run } of checks.slice(Math.max(0, first))) {
    try {
      for await (const damage of run()) found.push(damage);
    } catch (error) {
      // What tells how the rest of the object lies cannot be read.
      if (!isSysimageError(error, 'corrupt')) throw error;
      found.push({ object: name, start: Number(error.context['offset'] ?? 0), end: size, what: error.message });
    }
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
  for (const version of catalog.versions) {
    for (const disk of version.disks) {
      for (const map of [disk.allocation, ...disk.shards]) maps.set(map.name, map);
      if (newestOf(catalog, disk.image.name) !== version) continue;
      images.push(disk);
      const oldest = oldestId(catalog, disk.image.name);
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
