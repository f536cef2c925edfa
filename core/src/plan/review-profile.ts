import type { Severity } from '../contract/policy.js';

/**
 * How strictly findings are taken. `recommended`: rules have the severity that is asked for, and what is not known stops nothing.
 * `strict`: every `error` is a `block`, and what is not known counts as violated.
 */
export type Profile = (typeof profiles)[number];
export const profiles = ['recommended', 'strict'] as const;

export function underProfile(severity: Severity, profile: Profile): Severity {
  return profile === 'strict' && severity === 'error' ? 'block' : severity;
}
