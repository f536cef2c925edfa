import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, ObjectStat, Target } from '../contract/target.js';
import { isStray, newestOf, type Catalog, type LostVersion } from '../image/catalog.js';
import { parseLayerName } from '../image/names.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import { isSealed } from './find-forgotten.js';
import { layersAbove } from './whom-damage-hits.js';

/** What can be told of versions without reading what they hold. */
export interface Receipts {
  /** Versions that need something that is not there, or is too short; the first such thing is the reason. Oldest first. */
  readonly lost: readonly LostVersion[];
  /** Images in another state than their newest version left them in, and what has grown: nobody knows what they hold before it is read. */
  readonly touched: readonly ObjectName[];
}

/** Compares what is on the target with what versions say of it: which objects there are, their sizes, and the states of images. */
export async function checkReceipts(
  target: Target,
  catalog: Catalog,
  hasher: Hasher,
  options?: CallOptions,
): Promise<Receipts> {
  const there = new Map<ObjectName, ObjectStat>();
  for await (const stat of target.list(catalog.names.folder, options)) there.set(stat.name, stat);
  const lost: LostVersion[] = [];
  const touched = new Set<ObjectName>();
  for (const version of catalog.versions) {
    for (const { image } of version.disks) {
      const state = there.get(image.name)?.state;
      const isNewest = newestOf(catalog, image.name) === version && !isBeingWritten(catalog, image.name);
      if (isNewest && state !== undefined && image.state !== undefined && state !== image.state)
        touched.add(image.name);
    }
    const all = version.disks.flatMap((disk) => needs(catalog, version, disk));
    for (const { name, size, isImage } of all) if (!isImage && (there.get(name)?.size ?? 0) > size) touched.add(name);
    const reason = all.flatMap((need) => whyLost(need, there, catalog));
    if (reason[0] !== undefined) lost.push({ id: version.id, reason: reason[0] });
  }
  const { names } = catalog;
  for (const name of there.keys()) {
    const layer = parseLayerName(name);
    if (layer === undefined || isKnown(catalog, layer.run) || isStray(catalog, name)) continue;
    // Further down it is what a deleted version left for older ones.
    const isOnTop = catalog.versions
      .find(({ id }) => id === layer.base)
      ?.disks.some(
        ({ key, image }) =>
          newestOf(catalog, image.name)?.id === layer.base &&
          touched.has(image.name) &&
          name.startsWith(`${names.layers(key)}/`),
      );
    const isTold = lost.some(({ id }) => id === layer.run);
    if (isOnTop !== true || isTold || !(await isSealed(target, name, hasher, options))) continue;
    // A run that began after the catalog was read has a mark, then a record.
    const traces = [
      await target.stat(names.run(layer.run), options),
      await target.stat(names.version(layer.run), options),
    ];
    if (traces.every((trace) => trace === undefined)) lost.push({ id: layer.run, reason: 'its record is missing' });
  }
  return { lost, touched: [...touched] };
}

function isKnown({ versions, lost, openRuns }: Catalog, run: string): boolean {
  return [...versions, ...lost].some(({ id }) => id === run) || openRuns.some((open) => open.run === run);
}

interface Need {
  readonly name: ObjectName;
  /** Bytes, at least. */
  readonly size: number;
  readonly isImage: boolean;
}

function needs(catalog: Catalog, version: VersionRecord, disk: DiskRecord): readonly Need[] {
  const { image, allocation, shards } = disk;
  const newest = newestOf(catalog, image.name)?.disks.find((each) => each.image.name === image.name)?.image ?? image;
  // While a run is open, it is longer or shorter.
  const size = isBeingWritten(catalog, image.name) ? 0 : newest.size;
  const others = [allocation, ...shards, ...layersAbove(catalog, version, disk)];
  return [
    ...others.map((need) => ({ name: need.name, size: need.size, isImage: false })),
    { name: image.name, size, isImage: true },
  ];
}

function whyLost(
  { name, size }: Need,
  there: ReadonlyMap<string, ObjectStat>,
  { lostCompactions }: Catalog,
): readonly string[] {
  const found = there.get(name);
  const [unread] = parseLayerName(name) === undefined ? [] : lostCompactions;
  const why = unread === undefined ? '' : `, and what may have taken its place cannot be read: ${unread.reason}`;
  if (found === undefined) return [`${name} is missing${why}`];
  return found.size < size ? [`${name} has ${found.size} bytes instead of ${size}`] : [];
}

/** A mark that cannot be read may be of any image. */
function isBeingWritten({ openRuns }: Catalog, image: ObjectName): boolean {
  return openRuns.some(({ disks }) => disks.length === 0 || disks.some((disk) => disk.image === image));
}
