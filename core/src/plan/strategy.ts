import type { Capabilities } from '../contract/target.js';
import type { Replacement, Strategy } from '../model/plan.js';

export interface StrategyFacts {
  readonly capabilities: Pick<
    Capabilities,
    'randomWrite' | 'atomicBatch' | 'writeOnce' | 'singleVersion' | 'maxObjectSize'
  >;
  /** Bytes; `undefined` when the target does not tell. */
  readonly free: number | undefined;
  /** Complete versions that are there. */
  readonly versions: number;
  /** Upper bound of a whole new image, bytes. */
  readonly imageBytes: number;
  /** Size of the largest single image file, bytes. */
  readonly largestImage: number;
  /**
   * What a change in place is sure to add, bytes; `undefined` when there is no image to change. What it displaces shows only on the
   * way: when that does not fit, the run is rolled back and the old version is as it was.
   */
  readonly inPlaceBytes: number | undefined;
}

/** Left free for records, maps and the file system's own needs. */
const reserve = 16 * 1024 * 1024;

/** How versions will lie on a target: one pure function of facts. */
export function chooseStrategy(facts: StrategyFacts): { strategy: Strategy; replacement: Replacement } {
  const { capabilities, free } = facts;
  const limit = capabilities.maxObjectSize;
  if (limit !== undefined && facts.largestImage > limit) {
    return impossible(
      `an image of ${facts.largestImage} bytes is larger than the largest object the target takes (${limit})`,
      ['Choose a target without that limit.'],
    );
  }
  if (!capabilities.singleVersion || facts.versions === 0) {
    return { strategy: { kind: capabilities.randomWrite ? 'in-place' : 'sequential' }, replacement: 'keep' };
  }
  if (capabilities.writeOnce) return { strategy: { kind: 'sequential' }, replacement: 'keep' };
  // Never delete first: the old version goes only when the new one is complete.
  if (free === undefined || free >= facts.imageBytes + reserve) {
    return { strategy: { kind: 'sequential' }, replacement: 'beside' };
  }
  if (capabilities.randomWrite && facts.inPlaceBytes !== undefined && free >= facts.inPlaceBytes + reserve) {
    return { strategy: { kind: 'in-place' }, replacement: 'swap' };
  }
  return impossible(
    `the target keeps a single version, and its ${free} free bytes hold neither a second image (${facts.imageBytes}) nor the blocks that a change in place displaces`,
    [
      'Free some space on the target.',
      'Choose a larger target.',
      'Keep versions on this target, so that only changes need room.',
    ],
  );
}

function impossible(why: string, remedies: readonly string[]): { strategy: Strategy; replacement: Replacement } {
  return { strategy: { kind: 'impossible', why, remedies }, replacement: 'keep' };
}
