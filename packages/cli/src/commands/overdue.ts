import { isGood, isSysimageError, SysimageError, type Target, type VersionRecord } from '@sysimage/core';
import type { LateJob } from '@sysimage/notifications';
import { listenerOf, withTarget, type CommandContext, type CommonOptions } from '../command-context.js';
import { disksOfJob, findJob } from '../config/job.js';
import { parseDuration } from '../duration.js';
import { exitCodeOf, exitCodes } from '../exit-code.js';
import { describeLate } from '../notifications/notification-of.js';
import { counted, formatMoment, printable } from '../output/format.js';
import { placeOf } from '../run/invocation.js';
import { stateFolder } from '../state/state-folder.js';
import { verifyAge } from '../state/verify-ages.js';
import { VerifyMemory } from '../state/verify-memory.js';

export interface OverdueOptions extends CommonOptions {
  /** Instead of what the jobs say; without jobs, what is asked. */
  readonly from?: string;
  readonly computer?: string;
  /** Milliseconds; instead of what the jobs say. */
  readonly maxAge?: number;
}

/** What is asked of a target. */
interface Question {
  readonly job?: string;
  readonly to: string;
  readonly computer: string;
  /** A version counts only with all of these; empty: any does. */
  readonly disks: readonly string[];
  readonly maxAge: number;
}

interface Answer {
  readonly question: Question;
  readonly newest: VersionRecord | undefined;
  readonly error: unknown;
}

/** How far clocks may be apart: a version of a later moment says nothing of how young it is. */
const skew = 3_600_000;

/** `sysimage overdue [JOB…]`: whether the newest good version of each job is young enough. Reads only. Its exit code is 17 when one is not. */
export async function overdueCommand(
  context: CommandContext,
  jobs: readonly string[],
  options: OverdueOptions,
): Promise<number> {
  const listener = listenerOf(context);
  const questions = questionsOf(context, jobs, options);
  const now = context.clock.now().getTime();
  const late: LateJob[] = [];
  let exitCode: number = exitCodes.done;
  for (const question of questions) {
    const answer = await ask(context, question, now);
    if (answer.error === undefined && isYoung(answer, now)) {
      const { id, createdAt } = answer.newest ?? { id: '', createdAt: '' };
      listener.say(`${printable(nameOf(question))}: version ${id} of ${formatMoment(createdAt)} is young enough\n`);
      continue;
    }
    const each = lateJob(answer);
    late.push(each);
    listener.warn(printable(describeLate(each)));
    // That one is surely late weighs more than that nobody can tell of another.
    if (answer.error === undefined) exitCode = exitCodes.overdue;
    else if (exitCode === exitCodes.done) exitCode = exitCodeOf(answer.error);
  }
  listener.say(`${counted(questions.length, 'job')} looked at, ${late.length} overdue.\n`);
  listener.result({ status: late.length === 0 ? 'done' : 'overdue', exitCode, jobs: questions.map(nameOf), late });
  return exitCode;
}

/** Errors: `invalid` when it is not said what is asked. */
function questionsOf(context: CommandContext, jobs: readonly string[], options: OverdueOptions): readonly Question[] {
  const { loaded, machine } = context;
  const { from, computer, maxAge } = options;
  if (from !== undefined && jobs.length === 0) {
    if (maxAge === undefined) throw invalid('how old a backup may be is not given', 'Give --max-age, like 36h.');
    return [{ to: from, computer: computer ?? machine.hostName, disks: [], maxAge }];
  }
  const all = Object.entries(loaded.config.jobs).filter(([, job]) => job.maxAge !== undefined || maxAge !== undefined);
  const names = jobs.length > 0 ? jobs : all.map(([name]) => name);
  if (names.length === 0) {
    throw invalid('no job says how old its backups may be', 'Give jobs of the configuration a maxAge, or --max-age.');
  }
  return names.map((name) => {
    const job = findJob(loaded.config, name);
    const most = maxAge ?? parseDuration(job.maxAge ?? '');
    if (most === undefined)
      throw invalid(`the job "${name}" does not say how old its backups may be`, 'Give --max-age.');
    const to = from ?? job.to;
    if (to === undefined) throw invalid(`the job "${name}" does not say where its backups are`, 'Give it a "to".');
    const disks = disksOfJob(job, loaded.path) ?? [];
    return { job: name, to, computer: computer ?? job.computer ?? machine.hostName, disks, maxAge: most };
  });
}

async function ask(context: CommandContext, question: Question, now: number): Promise<Answer> {
  try {
    const good = await withTarget(context, question.to, 'read', (target) => goodVersions(context, target, question));
    return { question, newest: newestOf(good, question, now), error: undefined };
  } catch (error) {
    if (context.signal.aborted) throw error;
    return { question, newest: undefined, error };
  }
}

/** What could be restored whole, as far as can be told without reading what versions hold. */
async function goodVersions(
  { engine, hasher }: CommandContext,
  target: Target,
  { computer }: Question,
): Promise<readonly VersionRecord[]> {
  const good: VersionRecord[] = [];
  for (const catalog of await engine.catalogs(target, computer)) {
    const lost = new Set((await engine.receipts(target, catalog)).lost.map(({ id }) => id));
    const { passes } = await VerifyMemory.open(stateFolder(process.env), target, catalog.folder, hasher);
    const isWhole = ({ id }: VersionRecord): boolean => !lost.has(id) && verifyAge(passes, id).damagedAt === undefined;
    good.push(...catalog.versions.filter((version) => isGood(version) && isWhole(version)));
  }
  return good;
}

function newestOf(good: readonly VersionRecord[], { disks }: Question, now: number): VersionRecord | undefined {
  return good
    .filter((version) => disks.every((path) => version.disks.some((disk) => disk.path === path)))
    .filter(({ createdAt }) => Date.parse(createdAt) <= now + skew)
    .toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt))
    .at(-1);
}

function isYoung({ question, newest }: Answer, now: number): boolean {
  return newest !== undefined && now - Date.parse(newest.createdAt) <= question.maxAge;
}

function lateJob({ question: { job, to, computer, maxAge }, newest, error }: Answer): LateJob {
  return {
    ...(job === undefined ? {} : { job }),
    target: placeOf(to),
    computer,
    maxAge,
    ...(newest === undefined ? {} : { version: newest.id, createdAt: newest.createdAt }),
    ...(error === undefined ? {} : { unknown: isSysimageError(error) ? error.message : 'a fault of sysimage itself' }),
  };
}

function nameOf({ job, to, computer }: Question): string {
  return job ?? `${computer} on ${placeOf(to)}`;
}

function invalid(message: string, remedy: string): SysimageError {
  return new SysimageError('invalid', message, { operation: 'overdue', remedy });
}
