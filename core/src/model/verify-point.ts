import type { Damage, FoundDamage } from './damage.js';

/** How far a verification has come. Data, so that a caller can keep it and go on after a stop. */
export interface VerifyPoint {
  /** What is on the target, and what of it is read: a point is of use only while this is the same. */
  readonly state: string;
  /** Bytes that were read up to here. */
  readonly bytes: number;
  /** What is being read: an object, or a disk of a version. */
  readonly name: string;
  /** All of it before this offset, bytes, and all that comes before it, was read. */
  readonly offset: number;
  /** Damage up to here: places of which it is known whom they hit, and others. */
  readonly damages: readonly Damage[];
  readonly found: readonly FoundDamage[];
}
