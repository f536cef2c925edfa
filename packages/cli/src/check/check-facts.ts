import type { AnyTargetPlugin, FacetName, ProbeRecord, Target } from '@sysimage/core';
import type { KitReport } from '@sysimage/target-kit';

/** One line of the table: what the plugin says of a facet, what the place has, and what is used of it. */
export interface FacetFacts {
  readonly facet: FacetName;
  readonly declared: 'yes' | 'maybe' | 'no';
  readonly probed: boolean;
  readonly effective: boolean;
  readonly failed: number;
}

const facetNames: readonly FacetName[] = ['random', 'batch', 'history', 'capacity', 'lease', 'media', 'retention'];

export function facetFacts(
  { facets, maybe = [] }: Pick<AnyTargetPlugin, 'facets' | 'maybe'>,
  target: Target,
  { failed }: KitReport,
): readonly FacetFacts[] {
  return facetNames.map((facet) => {
    const faults = failed.filter((one) => one.facet === facet).length;
    const probed = target.facets[facet] !== undefined;
    return {
      facet,
      declared: facets.includes(facet) ? 'yes' : maybe.includes(facet) ? 'maybe' : 'no',
      probed,
      // Somebody must change pieces all the same.
      effective: probed && (faults === 0 || facet === 'media'),
      failed: faults,
    };
  });
}

/** What is left on the target for whoever opens it later. */
export function probeRecord(
  facts: readonly FacetFacts[],
  { passed, failed, skipped }: KitReport,
  about: Pick<ProbeRecord, 'identity' | 'kind' | 'checkedAt' | 'tool'>,
): ProbeRecord {
  const cut = (text: string, length = 400): string => text.slice(0, length);
  return {
    format: 'sysimage-probe/1',
    ...about,
    declared: facts.flatMap(({ facet, declared }) => (declared === 'no' ? [] : [facet])),
    probed: facts.flatMap(({ facet, probed }) => (probed ? [facet] : [])),
    withheld: facts.flatMap(({ facet, probed, effective }) => {
      const why = failed.find((one) => one.facet === facet);
      return probed && !effective && why !== undefined ? [{ facet, why: cut(`${why.name}: ${why.why}`) }] : [];
    }),
    passed: passed.length,
    failed: failed.map(({ name, why }) => ({ case: name, why: cut(why) })),
    skipped: skipped.map(({ name, why }) => ({ case: name, why: cut(why) })),
  };
}
