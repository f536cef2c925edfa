import { Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext, CommonOptions } from './command-context.js';
import { backupCommand, type BackupOptions } from './commands/backup.js';
import { deleteCommand, type DeleteOptions } from './commands/delete.js';
import { disksCommand } from './commands/disks.js';
import { exportCommand, type ExportOptions } from './commands/export.js';
import { planCommand } from './commands/plan.js';
import { restoreCommand, type RestoreOptions } from './commands/restore.js';
import { targetListCommand, targetShowCommand } from './commands/target.js';
import { verifyCommand, type VerifyOptions } from './commands/verify.js';
import { versionsCommand, type VersionsOptions } from './commands/versions.js';

/** What a command is run with, and where its exit code goes. */
export interface ProgramHooks {
  readonly version: string;
  readonly run: (options: CommonOptions, work: (context: CommandContext) => Promise<number | void>) => Promise<void>;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** The command line: words and options, no work. */
export function createProgram(hooks: ProgramHooks): Command {
  const program = new Command('sysimage')
    .description('System images of whole disks: incremental, in an open format, on any storage.')
    .version(hooks.version, '-V, --version')
    .helpCommand(true)
    .showHelpAfterError('Run "sysimage help" or "sysimage help COMMAND" to see what there is.')
    .configureHelp({ showGlobalOptions: true });

  common(program.command('disks'))
    .description('show the disks of this machine, or image files, and what is on them')
    .addOption(disk('block device or image file; may be repeated'))
    .action((options: CommonOptions & { disk: readonly string[] }) =>
      hooks.run(options, (context) => disksCommand(context, options)),
    );

  backupOptions(common(program.command('plan')))
    .description('show what a backup would do, and what the checks say of it')
    .action((options: BackupOptions) => hooks.run(options, (context) => planCommand(context, options)));

  backupOptions(common(program.command('backup')))
    .description('back up whole disks as a new version')
    .action((options: BackupOptions) => hooks.run(options, (context) => backupCommand(context, options)));

  common(program.command('versions'))
    .description('list what can be restored')
    .addOption(target('--from <target>', 'where the backups are', 'SYSIMAGE_FROM'))
    .addOption(computer('only this computer'))
    .action((options: VersionsOptions) => hooks.run(options, (context) => versionsCommand(context, options)));

  common(program.command('restore'))
    .description('put disks of a version back')
    .argument('<version>', 'an id, the beginning of one, or "latest"')
    .addOption(target('--from <target>', 'where the backups are', 'SYSIMAGE_FROM'))
    .addOption(disk('N=PATH: disk N of the version goes to this device or file; may be repeated'))
    .addOption(computer('whose version'))
    .addOption(
      new Option('--recreate-disks', 'write a disk although its layout is another: all that is on it is lost')
        .default(false)
        .env('SYSIMAGE_RECREATE_DISKS'),
    )
    .action((version: string, options: RestoreOptions) =>
      hooks.run(options, (context) => restoreCommand(context, version, options)),
    );

  common(program.command('verify'))
    .description('read versions back and compare every byte with its digest')
    .argument('[version]', 'only this one: an id, the beginning of one, or "latest"')
    .addOption(target('--from <target>', 'where the backups are', 'SYSIMAGE_FROM'))
    .addOption(computer('whose versions'))
    .action((version: string | undefined, options: VerifyOptions) =>
      hooks.run(options, (context) => verifyCommand(context, version, options)),
    );

  common(program.command('export'))
    .description('write disks of a version as files that other programs open')
    .argument('<version>', 'an id, the beginning of one, or "latest"')
    .addOption(target('--from <target>', 'where the backups are', 'SYSIMAGE_FROM'))
    .addOption(computer('whose version'))
    .addOption(
      new Option('-f, --format <format>', 'of the files')
        .choices(['vhd', 'vhdx', 'raw'])
        .default('vhd')
        .env('SYSIMAGE_FORMAT'),
    )
    .addOption(
      new Option('-o, --output <path>', 'a new file, or a folder for several disks')
        .env('SYSIMAGE_OUTPUT')
        .makeOptionMandatory(),
    )
    .addOption(disk('N: only this disk of the version; may be repeated'))
    .addOption(
      new Option('--chain', 'the oldest version whole, and a differencing VHD for each later one, into a folder')
        .default(false)
        .env('SYSIMAGE_CHAIN'),
    )
    .action((version: string, options: ExportOptions) =>
      hooks.run(options, (context) => exportCommand(context, version, options)),
    );

  common(program.command('delete'))
    .description('give versions up')
    .argument('<version...>', 'ids, or beginnings of ids')
    .addOption(target('--from <target>', 'where the backups are', 'SYSIMAGE_FROM'))
    .addOption(computer('whose versions'))
    .addOption(
      new Option('--roll-back', 'also the newest: the image is taken back to the version before')
        .default(false)
        .env('SYSIMAGE_ROLL_BACK'),
    )
    .addOption(lockWait())
    .action((versions: readonly string[], options: DeleteOptions) =>
      hooks.run(options, (context) => deleteCommand(context, versions, options)),
    );

  const targets = program.command('target').description('targets: what they can do');
  common(targets.command('list'))
    .description('the kinds of targets, and those that the configuration names')
    .action((options: CommonOptions) => hooks.run(options, (context) => targetListCommand(context, options)));
  common(targets.command('show'))
    .description('what a target can do')
    .argument('<target>', 'a name from the configuration, or a URL')
    .action((reference: string, options: CommonOptions) =>
      hooks.run(options, (context) => targetShowCommand(context, reference, options)),
    );
  return program;
}

/** The same for a backup and for its plan. */
function backupOptions(command: Command): Command {
  return command
    .addOption(disk('block device or image file; may be repeated'))
    .addOption(
      new Option('--all', 'all disks of this machine that are not removable').default(false).env('SYSIMAGE_ALL'),
    )
    .addOption(
      volume(
        '--include <volume>',
        'only this volume: its partition (2, or 1:2), mount point, label, UUID=…',
        'INCLUDE',
      ),
    )
    .addOption(volume('--exclude <volume>', 'leave this volume out; may be repeated', 'EXCLUDE'))
    .addOption(
      target('--to <target>', 'where to: a name from the configuration, or for example dir:/mnt/backup', 'SYSIMAGE_TO'),
    )
    .addOption(computer('name of the computer on the target (default: the host name)'))
    .addOption(
      new Option('--allow-live', 'take volumes that are mounted for writing').default(false).env('SYSIMAGE_ALLOW_LIVE'),
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
    .addOption(lockWait());
}

function volume(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).argParser(collect).default([], 'none').env(`SYSIMAGE_${variable}`);
}

function common(command: Command): Command {
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
    .addOption(new Option('-y, --yes', 'confirm that data is overwritten').default(false).env('SYSIMAGE_YES'))
    .addOption(new Option('--no-input', 'never ask').env('SYSIMAGE_NO_INPUT'));
}

function disk(description: string): Option {
  return new Option('-d, --disk <path>', description).argParser(collect).default([], 'none').env('SYSIMAGE_DISK');
}

function target(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).env(variable).makeOptionMandatory();
}

function computer(description: string): Option {
  return new Option('-c, --computer <name>', description).env('SYSIMAGE_COMPUTER');
}

function lockWait(): Option {
  return new Option('--lock-wait <duration>', 'how long to wait for another backup: 30s, 10m, 1h')
    .argParser(parseDuration)
    .default(0, '0')
    .env('SYSIMAGE_LOCK_WAIT');
}

const unitMilliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/u.exec(text);
  const unit = unitMilliseconds[match?.[2] ?? 's'];
  if (match?.[1] === undefined || unit === undefined) throw new InvalidArgumentError('It must be like 30s, 10m or 1h.');
  return Number(match[1]) * unit;
}
