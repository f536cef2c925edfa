import { isSysimageError } from '../contract/errors.js';
import type { CallOptions, Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import { familiesOf, familyBytes } from '../image/family.js';
import { parseLayerName } from '../image/names.js';
import { findUnneeded } from '../image/sweep.js';
import { planCompaction, type Merge } from './compact.js';
import type { EngineServices } from './engine.js';

/** What it frees that versions go. */
export interface RemovalPlan {
  /** Bytes of objects that go at once; of images that share bytes with one that stays, what no other has. */
  readonly freed: number;
  /** What lies between versions that stay: an older one is read through it, so it goes with that. */
  readonly held: readonly HeldLayer[];
  /** Of what lies between versions that stay, the layers that become one afterwards, because that frees enough. */
  readonly merges: readonly Merge[];
  /** Bytes that these free. */
  readonly freedByMerges: number;
}

export interface HeldLayer {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** The version that goes, whose bytes it has. */
  readonly of: string;
  /** The newest version that is read through it. */
  readonly neededBy: string;
}

/** Tells what is freed when versions go. Reads lists, maps and indexes; writes nothing. `doomed`: ids, of lost versions too. */
export async function planRemoval(
  { target, catalog, signal }: { readonly target: Target; readonly catalog: Catalog; readonly signal?: AbortSignal },
  doomed: ReadonlySet<string>,
  services: Pick<EngineServices, 'hasher'>,
): Promise<RemovalPlan> {
  const left: Catalog = {
    ...catalog,
    versions: catalog.versions.filter(({ id }) => !doomed.has(id)),
    lost: catalog.lost.filter(({ id }) => !doomed.has(id)),
  };
  const unneeded = await findUnneeded(target, left);
  const records = await Promise.all([...doomed].map((id) => target.stat(catalog.names.version(id))));
  const shared = new Set<string>(familiesOf(catalog).flatMap((family) => family.map(({ image }) => image.name)));
  const whole = [...unneeded, ...records].filter((stat) => stat !== undefined && !shared.has(stat.name));
  const cancel = signal === undefined ? {} : { signal };
  const { merges, freed: freedByMerges } = await planCompaction(
    { target, catalog: left, ...cancel },
    services,
    'worthwhile',
  );
  const freed =
    whole.reduce((sum, stat) => sum + (stat?.size ?? 0), 0) +
    (await freedOfFamilies(target, catalog, left, services, cancel));
  const gone = new Set<string>([...unneeded.map(({ name }) => name), ...merges.flatMap(({ layers }) => layers)]);
  return { freed, held: heldLayers(left, doomed, gone), merges, freedByMerges };
}

/** Where maps cannot be read any more, nothing is promised. */
async function freedOfFamilies(
  target: Target,
  before: Catalog,
  left: Catalog,
  { hasher }: Pick<EngineServices, 'hasher'>,
  options: CallOptions,
): Promise<number> {
  const staying = new Set(left.versions.flatMap(({ disks }) => disks.map(({ image }) => image.name)));
  let freed = 0;
  for (const family of familiesOf(before)) {
    const rest = family.filter(({ image }) => staying.has(image.name));
    if (rest.length === family.length) continue;
    try {
      freed += await familyBytes(target, family, hasher, options);
      freed -= await familyBytes(target, rest, hasher, options);
    } catch (error) {
      if (!isSysimageError(error, 'corrupt')) throw error;
    }
  }
  return freed;
}

function heldLayers(left: Catalog, doomed: ReadonlySet<string>, gone: ReadonlySet<string>): readonly HeldLayer[] {
  const layers = new Map(
    left.versions.flatMap(({ disks }) =>
      disks.flatMap(({ image, layers: listed }) => listed.map(({ name, size }) => [name, { size, image: image.name }])),
    ),
  );
  const held: HeldLayer[] = [];
  for (const [name, { size, image }] of layers) {
    const base = parseLayerName(name)?.base;
    if (base === undefined || gone.has(name) || !doomed.has(base)) continue;
    const neededBy = left.versions.findLast(
      ({ id, disks }) => id < base && disks.some((disk) => disk.image.name === image),
    )?.id;
    if (neededBy !== undefined) held.push({ name, size, of: base, neededBy });
  }
  return held;
}
