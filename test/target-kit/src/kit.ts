import type { FacetName, Target } from '@sysimage/core/plugin';
import { batchCases } from './cases/batch.js';
import { cancellationCases } from './cases/cancellation.js';
import { capacityCases } from './cases/capacity.js';
import { concurrentCases } from './cases/concurrent.js';
import { durableCases } from './cases/durable.js';
import { errorCases } from './cases/errors.js';
import { facetCases } from './cases/facets.js';
import { historyCases } from './cases/history.js';
import { leaseCases } from './cases/lease.js';
import { listCases } from './cases/list.js';
import { mediaCases } from './cases/media.js';
import { nameCases } from './cases/names.js';
import { objectCases } from './cases/objects.js';
import { putCases } from './cases/put.js';
import { randomFileCases } from './cases/random-file.js';
import { randomCases } from './cases/random.js';
import { rangeCases } from './cases/ranges.js';
import { retentionCases } from './cases/retention.js';

/** An empty place for one case. */
export interface Place {
  readonly target: Target;
  /** Opens the same place anew, as another process would. */
  readonly reopen: () => Promise<Target>;
  /** Cuts the power, and opens what the medium holds after that. */
  readonly powerCut?: () => Promise<Target>;
  /** Takes the place away. */
  readonly dispose: () => Promise<void>;
}

/** What the kit must know of the plugin under test: what its manifest says, and how to get an empty place. */
export interface KitSetup {
  /** For people, in what is printed. Default `target`. */
  readonly name?: string;
  readonly facets: readonly FacetName[];
  readonly maybe?: readonly FacetName[];
  readonly writeOnce?: boolean;
  /** Whether `open` gives places with `powerCut`. Default false. */
  readonly powerCuts?: boolean;
  /** Objects in the long listing: more than a page of the medium. Default 1100. */
  readonly manyObjects?: number;
  /** Segments that a name may have, 5 to 8: fewer where every name gets a prefix. Default 8. */
  readonly depth?: number;
  /** Milliseconds for which `retention` keeps an object: longer than a few calls take. Default 3000. */
  readonly retainFor?: number;
  /** Milliseconds between signs of life of a lease. Default 1000. */
  readonly heartbeat?: number;
  /** Where a line goes for every reason to skip cases. Default: standard error. */
  readonly print?: (line: string) => void;
  readonly open: () => Promise<Place>;
}

/** One sentence of the contract, and what tries it. */
export interface KitCase {
  readonly name: string;
  /** Only for targets with this facet. */
  readonly facet?: FacetName;
  /** `rewriting`: objects can be replaced and removed. */
  readonly needs?: 'rewriting' | 'write-once' | 'power-cuts';
  /** Resolves with a sentence when it turns out that the case does not apply here. */
  readonly run: (place: Place, setup: KitSetup) => Promise<string | void>;
}

/** What became of a case: it rejects when the target breaks the contract. */
export interface CaseOutcome {
  /** Why the case did not apply at this place. */
  readonly skipped?: string;
}

export interface SkippedCase {
  readonly name: string;
  readonly why: string;
}

export interface Conformance {
  readonly cases: readonly {
    readonly name: string;
    readonly facet?: FacetName;
    readonly run: () => Promise<CaseOutcome>;
  }[];
  /** Cases that do not apply, and why. Chosen by the manifest, never by the tested. */
  readonly skipped: readonly SkippedCase[];
}

export const kitCases: readonly KitCase[] = [
  ...nameCases,
  ...objectCases,
  ...rangeCases,
  ...putCases,
  ...concurrentCases,
  ...durableCases,
  ...listCases,
  ...errorCases,
  ...cancellationCases,
  ...facetCases,
  ...randomCases,
  ...randomFileCases,
  ...batchCases,
  ...historyCases,
  ...capacityCases,
  ...leaseCases,
  ...mediaCases,
  ...retentionCases,
];

/** The cases that a target with this manifest must pass. Each runs on a place of its own. Whatever is skipped is printed. */
export function conformance(setup: KitSetup): Conformance {
  const cases: Conformance['cases'][number][] = [];
  const skipped: SkippedCase[] = [];
  const print = printer(setup);
  for (const kitCase of kitCases) {
    const { name, facet } = kitCase;
    const why = reasonToSkip(kitCase, setup);
    if (why !== undefined) skipped.push({ name, why });
    else cases.push({ name, ...(facet === undefined ? {} : { facet }), run: () => runCase(kitCase, setup, print) });
  }
  for (const why of new Set(skipped.map((one) => one.why))) {
    print(
      skipped.flatMap((one) => (one.why === why ? [one.name] : [])),
      why,
    );
  }
  return { cases, skipped };
}

type Print = (names: readonly string[], why: string) => void;

function printer({ name = 'target', print = (line) => void process.stderr.write(`${line}\n`) }: KitSetup): Print {
  return (names, why) => print(`target-kit skips on ${name}, because ${why}: ${names.join('; ')}`);
}

function reasonToSkip({ facet, needs }: KitCase, setup: KitSetup): string | undefined {
  if (facet !== undefined && !setup.facets.includes(facet) && setup.maybe?.includes(facet) !== true) {
    return `the target has no ${facet}`;
  }
  if (needs === 'rewriting' && setup.writeOnce === true) return 'the medium is written once';
  if (needs === 'write-once' && setup.writeOnce !== true) return 'the medium is not written once';
  if (needs === 'power-cuts' && setup.powerCuts !== true) return 'nobody can cut the power of this place';
  return undefined;
}

async function runCase(kitCase: KitCase, setup: KitSetup, print: Print): Promise<CaseOutcome> {
  const place = await setup.open();
  try {
    const why = missingFacet(kitCase, setup, place.target) ?? (await kitCase.run(place, setup));
    if (typeof why !== 'string') return {};
    print([kitCase.name], why);
    return { skipped: why };
  } finally {
    try {
      await place.target.close();
    } finally {
      await place.dispose();
    }
  }
}

/** An ability that was only declared as possible may be missing on this place. */
function missingFacet({ facet }: KitCase, { facets }: KitSetup, target: Target): string | undefined {
  if (facet === undefined || target.facets[facet] !== undefined) return undefined;
  if (!facets.includes(facet)) return `this place has no ${facet}`;
  throw new Error(`the facet ${facet} is declared, and missing`);
}
