import type { BackupPlan } from '../model/plan.js';
import type { Profile } from '../plan/review-profile.js';

export type Severity = 'off' | 'info' | 'warn' | 'error' | 'block';

/**
 * What of a plan may not be known, where it is made of what somebody wrote down: partition tables; what lies on the disks; the systems
 * there; what the target says of itself; what it holds of the computer.
 */
export const planParts = ['tables', 'contents', 'systems', 'target', 'versions'] as const;
export type PlanPart = (typeof planParts)[number];

/** Facts that a rule reports about one thing. `data` fills the `{name}` places of the message. */
export interface Report<M extends string> {
  readonly messageId: M;
  /** What it is about: `disks/0`, `target`, `disks/0/volumes/2`. */
  readonly subject: string;
  readonly data?: Readonly<Record<string, string | number>>;
  /** The fact that the rule needs is not known, and why. */
  readonly unknown?: boolean;
}

/** A number by which a rule judges. */
export interface PolicyOption {
  /** What it counts, and in what: `Days that the newest version may be old`. */
  readonly description: string;
  /** Unless the configuration says another one. */
  readonly value: number;
  /** The range in which the configuration may choose. */
  readonly least: number;
  readonly most: number;
}

/**
 * A rule over a plan: pure and synchronous. What it says, how severe it is and how far users may turn it down is data.
 */
export interface Policy<M extends string = string, O extends string = string> {
  readonly meta: {
    /** `target/same-disk`: a room and a name, of `a-z 0-9 -`. */
    readonly id: string;
    readonly description: string;
    readonly severity: Severity;
    /** Its severity under a profile, where that is another one: what users ask for still counts. */
    readonly severityUnder?: Readonly<Partial<Record<Profile, Severity>>>;
    /** Configuration cannot go below this. */
    readonly floor?: Severity;
    readonly messages: Readonly<Record<M, string>>;
    /** What the user can do, for each message. */
    readonly remedies?: Readonly<Partial<Record<M, string>>>;
    /** By name, of `a-z A-Z`: what users may turn besides the severity. */
    readonly options?: Readonly<Record<O, PolicyOption>>;
    /**
     * The parts of a plan that it looks at, beside what is always known: disks, what of them is mounted, where the target lies, and what
     * was asked for. Without one of them it is not judged. Absent: all of them.
     */
    readonly needs?: readonly PlanPart[];
    /** Where the rule comes from. */
    readonly source: string;
    /** The page that says more: a URL, or a path in the documents of the package. */
    readonly docs?: string;
  };
  /** `options`: the value of each. */
  check(plan: BackupPlan, report: (finding: Report<M>) => void, options: Readonly<Record<O, number>>): void;
}

/** Helps the compiler tie `messageId` to the messages, and `options` to theirs. */
export function definePolicy<M extends string, O extends string = never>(policy: Policy<M, O>): Policy<M, O> {
  return policy;
}
