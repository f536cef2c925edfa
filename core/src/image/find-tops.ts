import type { ObjectName } from '../contract/names.js';
import type { Target } from '../contract/target.js';
import type { RunMark } from '../model/version-record.js';
import { isStray, type Catalog } from './catalog.js';
import { parseLayerName } from './names.js';

/** A run whose changes lie on top of images that older versions need. */
export interface Top {
  readonly run: string;
  /** What must be taken back, in this order; a disk comes several times where versions below were deleted earlier. */
  readonly disks: RunMark['disks'];
}

interface FoundLayer {
  readonly name: ObjectName;
  readonly key: string;
  readonly base: string;
  readonly run: string;
}

/**
 * The runs that must be taken back so that the `doomed` versions can go, oldest first: the newest of every image in which an
 * older version stays.
 */
export async function findTops(target: Target, catalog: Catalog, doomed: ReadonlySet<string>): Promise<readonly Top[]> {
  const staying = new Set([...catalog.versions, ...catalog.lost].map(({ id }) => id).filter((id) => !doomed.has(id)));
  const tops = new Map<string, RunMark['disks']>();
  for (const layers of await chains(target, catalog)) {
    const newest = layers.findLastIndex(({ run }) => staying.has(run));
    const above = layers.slice(newest + 1);
    const [lowest, top] = [above[0], above.at(-1)];
    const image = imageOf(catalog, layers);
    if (lowest === undefined || top === undefined || image === undefined) continue;
    if (!doomed.has(top.run) || !staying.has(lowest.base)) continue;
    const disks = tops.get(top.run) ?? [];
    tops.set(top.run, disks);
    for (const { key, name, base } of above.toReversed()) disks.push({ key, image, layer: name, base });
  }
  return [...tops].sort(([a], [b]) => (a < b ? -1 : 1)).map(([run, disks]) => ({ run, disks }));
}

/** The layers of every image, each lying on the one before. */
async function chains(target: Target, catalog: Catalog): Promise<readonly (readonly FoundLayer[])[]> {
  const all: FoundLayer[] = [];
  const replaced = new Set<string>(catalog.compactions.flatMap(({ replaces }) => replaces.map(({ name }) => name)));
  for await (const { name } of target.list(catalog.names.folder)) {
    const parsed = parseLayerName(name);
    const key = name.split('/')[2]?.replace(/^disk-/u, '');
    if (parsed === undefined || key === undefined || replaced.has(name) || isStray(catalog, name)) continue;
    all.push({ name, key, ...parsed });
  }
  const on = (below: FoundLayer): FoundLayer | undefined =>
    all.find(
      (layer) => layer.key === below.key && layer.base === below.run && layer.run > layer.base && isCommitted(layer),
    );
  const records = new Set([...catalog.versions, ...catalog.lost].map(({ id }) => id));
  // What a run that was taken back left behind has no record, and nothing on it that has one.
  const isCommitted = ({ key, run }: FoundLayer): boolean =>
    records.has(run) ||
    all.some((layer) => layer.key === key && layer.base === run && layer.run > run && isCommitted(layer));
  const lowest = all.filter(
    (layer) => isCommitted(layer) && !all.some((other) => other.key === layer.key && other.run === layer.base),
  );
  return lowest.map((first) => {
    const chain = [first];
    for (let next = on(first); next !== undefined; next = on(next)) chain.push(next);
    return chain;
  });
}

/** The image that a chain of layers belongs to: every version in it recorded the same. */
function imageOf(catalog: Catalog, layers: readonly FoundLayer[]): ObjectName | undefined {
  const ids = new Set(layers.flatMap(({ base, run }) => [base, run]));
  const key = layers[0]?.key;
  return catalog.versions
    .filter(({ id }) => ids.has(id))
    .flatMap(({ disks }) => disks)
    .find((disk) => disk.key === key && disk.image.kind === 'in-place')?.image.name;
}
