import type { Report } from '../contract/policy.js';

/** Says that a finding is known and accepted for a while. */
export interface Suppression {
  /** Id of the rule. */
  readonly policy: string;
  /** What it is about, with all below: `disks/0` covers `disks/0/volumes/2`. Without it: everything. */
  readonly subject?: string;
  readonly reason: string;
  /** The last day on which it holds, in UTC: `2027-01-31`. */
  readonly expires: string;
}

const suppressedBy: unique symbol = Symbol('suppressedBy');

interface SuppressedReport extends Report<string> {
  readonly [suppressedBy]: Suppression;
}

/** The same report, marked. Only this module can mark one, so that no rule can hide what another says. */
export function suppressed(report: Report<string>, suppression: Suppression): SuppressedReport {
  return { ...report, [suppressedBy]: suppression };
}

export function suppressionOf(report: Report<string> | SuppressedReport): Suppression | undefined {
  return suppressedBy in report ? report[suppressedBy] : undefined;
}

export function hasExpired({ expires }: Suppression, now: Date): boolean {
  return now.toISOString().slice(0, expires.length) > expires;
}

/** Whether it is about this finding of its rule. */
export function covers({ subject }: Suppression, found: string): boolean {
  return subject === undefined || found === subject || found.startsWith(`${subject}/`);
}
