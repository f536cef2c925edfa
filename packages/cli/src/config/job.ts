import { dirname, resolve } from 'node:path';
import { SysimageError, type JobWatch } from '@sysimage/core';
import type { BackupOptions } from '../commands/backup.js';
import { didYouMean } from '../did-you-mean.js';
import { parseDuration } from '../duration.js';
import { parseRate } from '../targets/rate.js';
import type { Config, Job } from './config-schema.js';
import type { LoadedConfig } from './read-config.js';

/** The options of a backup as the command line and its environment give them: any may be left to a job. */
export interface GivenBackup {
  readonly options: Omit<BackupOptions, 'to'> & { readonly to?: string };
  /** Whether an option was given, and not only has its default. */
  readonly isGiven: (name: keyof BackupOptions) => boolean;
}

/**
 * Fills in from the job what the command line leaves open. Disks are one choice: `--disk` and `--all` replace both of the job's.
 * Errors: `invalid` for a job that is not there, and when nobody says where to.
 */
export function withJob(loaded: LoadedConfig, name: string | undefined, given: GivenBackup): BackupOptions {
  const job: Job = name === undefined ? {} : findJob(loaded.config, name);
  const { options, isGiven } = given;
  const pick = <T>(key: keyof BackupOptions, asGiven: T, ofJob: T | undefined): T =>
    isGiven(key) ? asGiven : (ofJob ?? asGiven);
  const to = pick('to', options.to, job.to);
  if (to === undefined) {
    throw new SysimageError('invalid', 'where to back up to is not given', {
      operation: 'backup',
      remedy: `Give it with --to, for example --to dir:/mnt/backup${namesOf('a target', loaded.config.targets)}${namesOf('a job', loaded.config.jobs)}.`,
    });
  }
  const disks = isGiven('disk') || isGiven('all') ? options : disksOf(job, loaded.path, options);
  const computer = pick('computer', options.computer, job.computer);
  const maxShadow = pick('maxShadow', options.maxShadow, parseRate(job.maxShadow ?? ''));
  return {
    ...options,
    disk: disks.disk,
    all: disks.all,
    to,
    include: pick('include', options.include, job.include),
    exclude: pick('exclude', options.exclude, job.exclude),
    leaveOut: pick('leaveOut', options.leaveOut, job.leaveOut),
    ...(computer === undefined ? {} : { computer }),
    snapshot: pick('snapshot', options.snapshot, job.snapshot),
    freezeLimit: pick('freezeLimit', options.freezeLimit, parseDuration(job.freezeLimit ?? '')),
    allowIncomplete: pick('allowIncomplete', options.allowIncomplete, job.allowIncomplete),
    allowLive: pick('allowLive', options.allowLive, job.allowLive),
    gaps: pick('gaps', options.gaps, job.gaps),
    checkImages: pick('checkImages', options.checkImages, job.checkImages),
    evict: pick('evict', options.evict, job.evict),
    ...(maxShadow === undefined ? {} : { maxShadow }),
    lockWait: pick('lockWait', options.lockWait, parseDuration(job.lockWait ?? '')),
    ...(name === undefined ? {} : { watch: watchOf(loaded.config, job) }),
  };
}

const millisecondsPerDay = 24 * 3_600_000;

/** What is told on standard error nobody may read: a job runs when nobody is there. */
function watchOf({ notifications }: Config, job: Job): JobWatch {
  const maxAge = parseDuration(job.maxAge ?? '');
  return {
    tellsOfFailure: Object.values(notifications).some(
      ({ on = ['failure'], commands = ['backup'] }) => on.includes('failure') && commands.includes('backup'),
    ),
    maxAgeDays: maxAge === undefined ? undefined : maxAge / millisecondsPerDay,
  };
}

function disksOf(
  job: Job,
  path: string | undefined,
  options: Pick<BackupOptions, 'disk' | 'all'>,
): Pick<BackupOptions, 'disk' | 'all'> {
  return { disk: disksOfJob(job, path) ?? options.disk, all: job.all ?? options.all };
}

/** Whoever starts a job, and from wherever, it means the same disks. */
export function disksOfJob(job: Job, path: string | undefined): readonly string[] | undefined {
  return job.disks?.map((each) => resolve(dirname(path ?? '/'), each));
}

function namesOf(what: string, things: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(things);
  return names.length === 0 ? '' : `, or name ${what} of the configuration: ${names.join(', ')}`;
}

/** Errors: `invalid` for one that is not there. */
export function findJob({ jobs }: Config, name: string): Job {
  const job = Object.hasOwn(jobs, name) ? jobs[name] : undefined;
  if (job !== undefined) return job;
  const names = Object.keys(jobs);
  throw new SysimageError('invalid', `there is no job "${name}"${didYouMean(name, names)}`, {
    operation: 'read configuration',
    remedy:
      names.length === 0
        ? 'The configuration has no jobs; disks are named with --disk.'
        : `The jobs are: ${names.join(', ')}`,
  });
}
