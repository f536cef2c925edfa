import type { FacetName, Target } from '@sysimage/core/plugin';
import { batchCases } from './cases/batch.js';
import { errorCases } from './cases/errors.js';
import { listCases } from './cases/list.js';
import { mediaCases } from './cases/media.js';
import { nameCases } from './cases/names.js';
import { objectCases } from './cases/objects.js';
import { putCases } from './cases/put.js';
import { randomCases } from './cases/random.js';
import { rangeCases } from './cases/ranges.js';

/** An empty place for one case. */
export interface Place {
  readonly target: Target;
  /** Opens the same place anew, as another process would. */
  readonly reopen: () => Promise<Target>;
  /** Takes the place away. */
  readonly dispose: () => Promise<void>;
}

/** What the kit must know of the plugin under test: what its manifest says, and how to get an empty place. */
export interface KitSetup {
  readonly facets: readonly FacetName[];
  readonly maybe?: readonly FacetName[];
  readonly writeOnce?: boolean;
  /** Objects in the long listing: more than a page of the medium. Default 1100. */
  readonly manyObjects?: number;
  readonly open: () => Promise<Place>;
}

/** One sentence of the contract, and what tries it. */
export interface KitCase {
  readonly name: string;
  /** Only for targets with this facet. */
  readonly facet?: FacetName;
  /** Only for targets whose objects can be replaced and removed. */
  readonly needsRewriting?: boolean;
  readonly run: (place: Place, setup: KitSetup) => Promise<void>;
}

export interface Conformance {
  readonly cases: readonly { readonly name: string; readonly run: () => Promise<void> }[];
  /** Cases that do not apply, and why. Chosen by the manifest, never by the tested. */
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

export const kitCases: readonly KitCase[] = [
  ...nameCases,
  ...objectCases,
  ...rangeCases,
  ...putCases,
  ...listCases,
  ...errorCases,
  ...randomCases,
  ...batchCases,
  ...mediaCases,
];

/** The cases that a target with this manifest must pass. Each runs on a place of its own. */
export function conformance(setup: KitSetup): Conformance {
  const cases: { name: string; run: () => Promise<void> }[] = [];
  const skipped: { name: string; why: string }[] = [];
  const abilities = new Set<FacetName>([...setup.facets, ...(setup.maybe ?? [])]);
  for (const kitCase of kitCases) {
    const why = reasonToSkip(kitCase, abilities, setup);
    if (why !== undefined) skipped.push({ name: kitCase.name, why });
    else cases.push({ name: kitCase.name, run: () => runCase(kitCase, setup) });
  }
  return { cases, skipped };
}

function reasonToSkip(kitCase: KitCase, abilities: ReadonlySet<FacetName>, setup: KitSetup): string | undefined {
  if (kitCase.facet !== undefined && !abilities.has(kitCase.facet)) return `the target has no ${kitCase.facet}`;
  if (kitCase.needsRewriting === true && setup.writeOnce === true) return 'the medium is written once';
  return undefined;
}

async function runCase(kitCase: KitCase, setup: KitSetup): Promise<void> {
  const place = await setup.open();
  try {
    // An ability that was only declared as possible may be missing on this place.
    if (kitCase.facet !== undefined && place.target.facets[kitCase.facet] === undefined) {
      if (setup.maybe?.includes(kitCase.facet) === true) return;
      throw new Error(`the facet ${kitCase.facet} is declared, and missing`);
    }
    await kitCase.run(place, setup);
  } finally {
    await place.target.close();
    await place.dispose();
  }
}
