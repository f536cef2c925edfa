import { severitySchema, type Finding, type Severity } from '@sysimage/core';

/** What makes `policy check` fail. */
export interface Limits {
  /** A violation of this severity or a graver one. */
  readonly failOn: Exclude<Severity, 'off'>;
  /** More violations of severity `warn` than this. */
  readonly maxWarnings?: number;
}

/** What was found, and what it comes to. */
export interface Verdict {
  readonly findings: readonly Finding[];
  /** The findings for which the check fails. */
  readonly failing: ReadonlySet<Finding>;
}

/** Only violations count: what is not known and what is suppressed are told, and nothing more. */
export function judge(findings: readonly Finding[], { failOn, maxWarnings }: Limits): Verdict {
  const order = severitySchema.options;
  const violations = findings.filter(({ outcome }) => outcome === 'violation');
  const warnings = violations.filter(({ severity }) => severity === 'warn');
  const grave = violations.filter(({ severity }) => order.indexOf(severity) >= order.indexOf(failOn));
  const tooMany = maxWarnings !== undefined && warnings.length > maxWarnings ? warnings : [];
  return { findings, failing: new Set([...grave, ...tooMany]) };
}
