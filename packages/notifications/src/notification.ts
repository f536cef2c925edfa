/** Why somebody is told something. */
export const reasons = ['failure', 'success', 'overdue', 'test'] as const;
export type Reason = (typeof reasons)[number];

/** A job without a version that is good and young enough. */
export interface LateJob {
  readonly job?: string;
  readonly target: string;
  readonly computer: string;
  /** The newest good version and when it was taken, ISO 8601; absent when there is none, or nobody can tell. */
  readonly version?: string;
  readonly createdAt?: string;
  /** Milliseconds. */
  readonly maxAge: number;
  /** Why nobody can tell. */
  readonly unknown?: string;
}

/** What is told, the same for people and programs: the body of a webhook, and what a command reads. Never a secret. */
export interface Notification {
  readonly format: 'sysimage-notification/1';
  readonly reason: Reason;
  /** ISO 8601. */
  readonly time: string;
  /** One line for people. */
  readonly title: string;
  /** All of it for people, in lines. */
  readonly text: string;
  /** Host name of the machine on which the command ran. */
  readonly machine: string;
  /** Name and version of the program. */
  readonly tool: string;
  readonly command: string;
  readonly job?: string;
  readonly target?: string;
  /** Where the target is. */
  readonly location?: string;
  readonly computer?: string;
  readonly version?: string;
  readonly status: string;
  readonly exitCode: number;
  readonly error?: { readonly code: string; readonly message: string; readonly remedy?: string };
  /** With `overdue`. */
  readonly late?: readonly LateJob[];
}
