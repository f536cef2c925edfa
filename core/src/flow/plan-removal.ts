import type { Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import { parseLayerName } from '../image/names.js';
import { findUnneeded } from '../image/sweep.js';
import { planCompaction, type Merge } from './compact.js';
import type { EngineServices } from './engine.js';

/** What it frees that versions go. */
export interface RemovalPlan {
  /** Bytes of objects that go at once. */
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
  const freed = [...unneeded, ...records].reduce((sum, stat) => sum + (stat?.size ?? 0), 0);
  const cancel = signal === undefined ? {} : { signal };
  const { merges, freed: freedByMerges } = await planCompaction(
    { target, catalog: left, ...cancel },
    services,
    'worthwhile',
  );
  const gone = new Set<string>([...unneeded.map(({ name }) => name), ...merges.flatMap(({ layers }) => layers)]);
  return { freed, held: heldLayers(left, doomed, gone), merges, freedByMerges };
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
