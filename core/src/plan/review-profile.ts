import type { Severity } from '../contract/policy.js';

/**
 * How strictly findings are taken. `recommended`: rules have the severity that is asked for, and what is not known stops nothing.
 * `strict`: every `error` is a `block`, and what is not known counts as violated. `windows-7`: what the system image
 * backup of Windows 7 did not do is a `block`, and what its makers advised against is a warning at least.
 */
export type Profile = (typeof profiles)[number];
export const profiles = ['recommended', 'strict', 'windows-7'] as const;

export function underProfile(severity: Severity, profile: Profile): Severity {
  return profile === 'strict' && severity === 'error' ? 'block' : severity;
}
