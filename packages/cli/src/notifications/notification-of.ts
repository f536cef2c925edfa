import type { LateJob, Notification, Reason } from '@sysimage/notifications';
import { formatDuration, formatMoment, printable } from '../output/format.js';
import type { ResultFacts, RunFacts } from '../run/run-event.js';
import { errorOf, versionOf } from './notification-facts.js';

/** What is told of a run beside its own facts. */
export interface NotificationSurroundings {
  readonly now: Date;
  readonly machine: string;
  readonly tool: string;
  /** Where the target is, once it was opened. */
  readonly location: string | undefined;
  readonly late?: readonly LateJob[];
  readonly hide: (text: string) => string;
}

/** The words and facts for whoever is told. */
export function notificationOf(
  reason: Reason,
  run: RunFacts,
  result: ResultFacts,
  { now, machine, tool, location, late = [], hide }: NotificationSurroundings,
): Notification {
  const error = errorOf(result);
  const version = versionOf(result);
  const words = wordsOf(reason, run, result, machine, late);
  const lines = [
    ...words.lines,
    ...(error === undefined ? [] : [error.message, ...(error.remedy === undefined ? [] : [error.remedy])]),
    '',
    ...Object.entries({ Target: location ?? run.target, Computer: run.computer, Version: version, Machine: machine })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${value}`),
    `Exit code: ${result.exitCode} (${result.status})`,
    `Time: ${now.toISOString()}`,
    tool,
  ];
  const safe = (text: string): string => hide(printable(text));
  return {
    format: 'sysimage-notification/1',
    reason,
    time: now.toISOString(),
    title: safe(words.title),
    text: lines
      .flatMap((line) => line.split('\n'))
      .map(safe)
      .join('\n'),
    machine,
    tool,
    ...run,
    ...(location === undefined ? {} : { location: hide(location) }),
    ...(version === undefined ? {} : { version }),
    status: result.status,
    exitCode: result.exitCode,
    ...(error === undefined ? {} : { error: { ...error, message: hide(error.message) } }),
    ...(late.length === 0 ? {} : { late }),
  };
}

interface Words {
  readonly title: string;
  readonly lines: readonly string[];
}

function wordsOf(
  reason: Reason,
  { command, job, computer }: RunFacts,
  { status }: ResultFacts,
  machine: string,
  late: readonly LateJob[],
): Words {
  const who = computer ?? machine;
  const what = `${command}${job === undefined ? '' : ` ${job}`}`;
  if (reason === 'test') return { title: `${machine}: a test`, lines: ['Notifications from here arrive.'] };
  if (reason === 'overdue')
    return { title: `${machine}: no good backup in time`, lines: late.map((each) => describeLate(each)) };
  if (reason === 'success') return { title: `${who}: ${what} is done`, lines: [`sysimage ${what} is done.`] };
  const how = status === 'failed' ? 'failed' : `ended as ${status}`;
  return { title: `${who}: ${what} ${how}`, lines: [`sysimage ${what} ${how}.`] };
}

/** The jobs of `sysimage overdue` that are late. */
export function lateOf({ late }: ResultFacts): readonly LateJob[] {
  return Array.isArray(late) ? late.filter(isLate) : [];
}

function isLate(value: unknown): value is LateJob {
  return typeof value === 'object' && value !== null && 'maxAge' in value;
}

/** `home: the newest good backup of desk on nas is of 2026-11-22 17:05:31; it may be 36 h old at most`. */
export function describeLate({ job, target, computer, createdAt, maxAge, unknown }: LateJob): string {
  const name = job === undefined ? '' : `${job}: `;
  if (unknown !== undefined)
    return `${name}nobody can tell how old the backups of ${computer} on ${target} are: ${unknown}`;
  const limit = `it may be ${formatDuration(maxAge)} old at most`;
  if (createdAt === undefined) return `${name}there is no good backup of ${computer} on ${target}; ${limit}`;
  return `${name}the newest good backup of ${computer} on ${target} is of ${formatMoment(createdAt)}; ${limit}`;
}
