import { optionalContents, profiles } from '@sysimage/core';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { GivenBackup } from './config/job.js';
import { parseDuration } from './duration.js';
import { parseSubset } from './subset.js';
import { parseRate } from './targets/rate.js';

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** The same for a backup, for its plan, and for what the rules say of it: whatever is left out may come from a job. */
export function backupOptions(command: Command): Command {
  return access(command)
    .argument('[job]', 'a job of the configuration: options win over what it says')
    .addOption(disk('block device or image file; may be repeated'))
    .addOption(
      new Option('--all', 'all disks of this machine that are not removable, and no loop devices')
        .default(false)
        .env('SYSIMAGE_ALL'),
    )
    .addOption(
      volume(
        '--include <volume>',
        'only this volume: its partition (2, or 1:2), mount point, label, UUID=…',
        'INCLUDE',
      ),
    )
    .addOption(volume('--exclude <volume>', 'leave this volume out; may be repeated', 'EXCLUDE'))
    .addOption(leaveOut())
    .addOption(
      new Option('--to <target>', 'where to: a name from the configuration, or for example dir:/mnt/backup').env(
        'SYSIMAGE_TO',
      ),
    )
    .addOption(computer('name of the computer on the target (default: the host name)'))
    .addOption(
      new Option('--snapshot <how>', 'how volumes that are mounted for writing are read: auto, none, or one of them')
        .default('auto')
        .env('SYSIMAGE_SNAPSHOT'),
    )
    .addOption(
      duration('--freeze-limit <duration>', 'how long writers may be held up: 60s', 'FREEZE_LIMIT').default(
        60_000,
        '60s',
      ),
    )
    .addOption(
      new Option('--allow-incomplete', 'take a system without volumes that it needs to start')
        .default(false)
        .env('SYSIMAGE_ALLOW_INCOMPLETE'),
    )
    .addOption(
      new Option('--allow-live', 'take volumes that are mounted for writing and of which there is no snapshot')
        .default(false)
        .env('SYSIMAGE_ALLOW_LIVE'),
    )
    .addOption(new Option('--gaps', 'take all space outside partitions').default(false).env('SYSIMAGE_GAPS'))
    .addOption(
      new Option('--take-over', 'go on in the folder of another machine of that name')
        .default(false)
        .env('SYSIMAGE_TAKE_OVER'),
    )
    .addOption(
      new Option('--check-images', 'read what images hold before it is believed; damage is mended')
        .default(false)
        .env('SYSIMAGE_CHECK_IMAGES'),
    )
    .addOption(
      new Option('--no-evict', 'stop when the target is full, instead of giving up the oldest version').env(
        'SYSIMAGE_NO_EVICT',
      ),
    )
    .addOption(
      new Option('--max-shadow <size>', 'give up the oldest versions while shadow storage takes more: 200GiB')
        .argParser(sizeOf)
        .env('SYSIMAGE_MAX_SHADOW'),
    )
    .addOption(profile())
    .addOption(lockWait())
    .addOption(stealLease());
}

/** What the command line and its environment say, and which of it is no default. */
export function givenBackup(command: Command, options: GivenBackup['options']): GivenBackup {
  return { options, isGiven: (name) => !['default', undefined].includes(command.getOptionValueSource(name)) };
}

/** A list of choices needs its own parser: commander's would keep the last one only. */
function leaveOut(): Option {
  return new Option(
    '--leave-out <content>',
    `what a restored Windows makes anew by itself: ${optionalContents.join(', ')}; may be repeated`,
  )
    .argParser((value: string, before: readonly string[]) => {
      if (!isOptionalContent(value))
        throw new InvalidArgumentError(`It must be one of ${optionalContents.join(', ')}.`);
      return [...before, value];
    })
    .default([], 'none')
    .env('SYSIMAGE_LEAVE_OUT');
}

function isOptionalContent(value: string): boolean {
  return optionalContents.some((content) => content === value);
}

function volume(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).argParser(collect).default([], 'none').env(`SYSIMAGE_${variable}`);
}

export function common(command: Command): Command {
  return command
    .addOption(new Option('--config <file>', 'configuration, instead of the fixed places').env('SYSIMAGE_CONFIG'))
    .addOption(
      new Option('--json', 'results and events as JSON on standard output').default(false).env('SYSIMAGE_JSON'),
    )
    .addOption(new Option('-q, --quiet', 'say only what went wrong').default(false).env('SYSIMAGE_QUIET'))
    .addOption(
      new Option('-v, --verbose', 'log events and show where an error came from')
        .default(false)
        .env('SYSIMAGE_VERBOSE'),
    )
    .addOption(
      new Option('--log-file <file>', 'add a line of JSON to this file for every event of a run').env(
        'SYSIMAGE_LOG_FILE',
      ),
    )
    .addOption(new Option('-y, --yes', 'confirm that data is overwritten').default(false).env('SYSIMAGE_YES'))
    .addOption(new Option('--no-input', 'never ask').env('SYSIMAGE_NO_INPUT'));
}

/** For every command that opens a target. */
export function access(command: Command): Command {
  return command
    .addOption(rate('--limit <rate>', 'bytes per second to and from the target: 500KiB, 10MiB', 'LIMIT'))
    .addOption(rate('--limit-upload <rate>', 'bytes per second to the target', 'LIMIT_UPLOAD'))
    .addOption(rate('--limit-download <rate>', 'bytes per second from the target', 'LIMIT_DOWNLOAD'))
    .addOption(
      new Option('--trace <file>', 'add a line to this file for every call of the target').env('SYSIMAGE_TRACE'),
    );
}

function rate(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).argParser(rateOf).env(`SYSIMAGE_${variable}`);
}

function rateOf(text: string): number {
  const bytes = parseRate(text);
  if (bytes === undefined) throw new InvalidArgumentError('It must be like 500KiB or 10MiB, at least 1KB.');
  return bytes;
}

export function disk(description: string): Option {
  return new Option('-d, --disk <path>', description).argParser(collect).default([], 'none').env('SYSIMAGE_DISK');
}

export function target(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).env(variable).makeOptionMandatory();
}

/** More than one. */
export function targets(flags: string, description: string): Option {
  return new Option(flags, description).argParser(collect).default([], 'none').env('SYSIMAGE_TO');
}

export function computer(description: string): Option {
  return new Option('-c, --computer <name>', description).env('SYSIMAGE_COMPUTER');
}

export function machine(): Option {
  return new Option('--machine <file>', 'of a machine that "sysimage machine record" wrote down, not of this one').env(
    'SYSIMAGE_MACHINE',
  );
}

export function profile(): Option {
  return new Option('--profile <profile>', 'how strictly findings are taken, instead of what the configuration says')
    .choices([...profiles])
    .env('SYSIMAGE_PROFILE');
}

const keepRules = {
  last: 'the last N versions',
  daily: 'the last version of each of the last N days that have one',
  weekly: 'the same of weeks, which begin on Monday',
  monthly: 'the same of months',
  yearly: 'the same of years',
};

/** As restic has them. */
export function keepOptions(command: Command): Command {
  for (const [rule, what] of Object.entries(keepRules)) {
    command.addOption(
      new Option(`--keep-${rule} <n>`, `keep ${what}; or "all"`)
        .argParser(countOf)
        .env(`SYSIMAGE_KEEP_${rule.toUpperCase()}`),
    );
  }
  return command;
}

function sizeOf(text: string): number {
  const size = parseRate(text);
  if (size === undefined) throw new InvalidArgumentError('It must be like 500MiB, 20GiB or 1.5GB.');
  return size;
}

function countOf(text: string): number {
  if (text === 'all') return Infinity;
  if (!/^\d{1,6}$/u.test(text)) throw new InvalidArgumentError('It must be a number, or "all".');
  return Number(text);
}

export function lockWait(): Option {
  return new Option('--lock-wait <duration>', 'how long to wait for another backup: 30s, 10m, 1h')
    .argParser(durationOf)
    .default(0, '0')
    .env('SYSIMAGE_LOCK_WAIT');
}

export function stealLease(): Option {
  return new Option('--steal-lease', 'stop another backup that goes on, or hangs, and take back what it did not finish')
    .default(false)
    .env('SYSIMAGE_STEAL_LEASE');
}

export function duration(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).argParser(durationOf).env(`SYSIMAGE_${variable}`);
}

function durationOf(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new InvalidArgumentError('It must be like 30s, 10m or 1h.');
  return milliseconds;
}

export function subset(): Option {
  return new Option('--subset <share>', 'only the third tenth (3/10), or a random share (5%), of what versions hold')
    .argParser((text: string) => {
      const parsed = parseSubset(text);
      if (parsed === undefined) throw new InvalidArgumentError('It must be like 3/10 or 5%.');
      return parsed;
    })
    .env('SYSIMAGE_SUBSET');
}

export function seed(): Option {
  return new Option('--seed <number>', 'the same random share again')
    .argParser((text: string) => {
      if (!/^\d{1,9}$/u.test(text)) throw new InvalidArgumentError('It must be a number, 0 or more.');
      return Number(text);
    })
    .env('SYSIMAGE_SEED');
}
