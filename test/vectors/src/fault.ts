import type { Draft } from './draft.js';

/**
 * What a reader must make of a version. `restores`: its bytes are those of the set. All others but `either`: it is refused, because it
 * cannot be found (`lost`), is not what was written (`corrupt`), or of a kind that the reader does not know (`unsupported`).
 * `either`: refused, or the bytes of the set.
 */
export type Outcome = 'restores' | 'corrupt' | 'unsupported' | 'lost' | 'either';

/** One fault, planted in a set. */
export interface Fault {
  readonly name: string;
  /** The set that it is planted in. */
  readonly set: string;
  /** What is wrong, in words. */
  readonly what: string;
  readonly plant: (draft: Draft) => void;
  /** For every version of the set, oldest first; one for all of them. */
  readonly outcomes: Outcome | readonly Outcome[];
}
