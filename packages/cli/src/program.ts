import { Command, Option } from 'commander';
import type { CommonOptions } from './command-context.js';
import { backupCommand } from './commands/backup.js';
import { compactCommand, type CompactOptions } from './commands/compact.js';
import { deleteCommand, type DeleteOptions } from './commands/delete.js';
import { disksCommand, type DisksOptions } from './commands/disks.js';
import { exportCommand, type ExportOptions } from './commands/export.js';
import { planCommand } from './commands/plan.js';
import { pruneCommand, type PruneOptions } from './commands/prune.js';
import { restoreCommand, type RestoreOptions } from './commands/restore.js';
import { targetListCommand, targetShowCommand } from './commands/target.js';
import { verifyCommand, type VerifyOptions } from './commands/verify.js';
import { versionsCommand, type VersionsOptions } from './commands/versions.js';
import { withJob, type GivenBackup } from './config/job.js';
import {
  access,
  backupOptions,
  common,
  computer,
  disk,
  givenBackup,
  keepOptions,
  lockWait,
  machine,
  seed,
  stealLease,
  subset,
  target,
} from './options.js';
import { addPolicyCommands } from './policy-program.js';
import { addConfigCommands } from './config-program.js';
import { addMachineCommands } from './machine-program.js';
import type { ProgramHooks } from './program-hooks.js';
import { addWatchCommands } from './watch-program.js';

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
    .addOption(machine())
    .action((options: DisksOptions) => hooks.run(options, (context) => disksCommand(context, options)));

  backupOptions(common(program.command('plan')))
    .description('show what a backup would do, and what the checks say of it')
    .action((job: string | undefined, options: GivenBackup['options'], command: Command) =>
      hooks.run(options, (context) =>
        planCommand(context, withJob(context.loaded, job, givenBackup(command, options))),
      ),
    );

  backupOptions(common(program.command('backup')))
    .description('back up whole disks as a new version')
    .action((job: string | undefined, options: GivenBackup['options'], command: Command) =>
      hooks.run(options, (context) =>
        backupCommand(context, withJob(context.loaded, job, givenBackup(command, options))),
      ),
    );

  access(common(program.command('versions')))
    .description('list what can be restored, or tell all about one version')
    .argument('[version]', 'only this one: an id, the beginning of one, or "latest"')
    .addOption(target('--from <target>', 'where the backups are', 'SYSIMAGE_FROM'))
    .addOption(computer('only this computer'))
    .action((version: string | undefined, options: VersionsOptions) =>
      hooks.run(options, (context) => versionsCommand(context, version, options)),
    );

  access(common(program.command('restore')))
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
    .addOption(
      new Option('--verify', 'read new files back, too, and compare them: disks always are')
        .default(false)
        .env('SYSIMAGE_VERIFY'),
    )
    .action((version: string, options: RestoreOptions) =>
      hooks.run(options, (context) => restoreCommand(context, version, options)),
    );

  access(common(program.command('verify')))
    .description('read versions back and compare every byte with its digest')
    .argument('[version]', 'only this one: an id, the beginning of one, or "latest"')
    .addOption(target('--from <target>', 'where the backups are', 'SYSIMAGE_FROM'))
    .addOption(computer('whose versions'))
    .addOption(subset())
    .addOption(seed())
    .addOption(
      new Option('--resume', 'go on with what was stopped, if nothing has changed on the target since')
        .default(false)
        .env('SYSIMAGE_RESUME'),
    )
    .action((version: string | undefined, options: VerifyOptions) =>
      hooks.run(options, (context) => verifyCommand(context, version, options)),
    );

  access(common(program.command('export')))
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

  access(common(program.command('delete')))
    .description('give versions up')
    .argument('<version...>', 'ids, or beginnings of ids')
    .addOption(target('--from <target>', 'where the backups are', 'SYSIMAGE_FROM'))
    .addOption(computer('whose versions'))
    .addOption(new Option('--plan', 'only show what goes, and what that frees').default(false).env('SYSIMAGE_PLAN'))
    .addOption(
      new Option('--roll-back', 'also the newest: the image is taken back to the version before')
        .default(false)
        .env('SYSIMAGE_ROLL_BACK'),
    )
    .addOption(lockWait())
    .addOption(stealLease())
    .action((versions: readonly string[], options: DeleteOptions) =>
      hooks.run(options, (context) => deleteCommand(context, versions, options)),
    );

  keepOptions(access(common(program.command('prune'))))
    .description('give up the versions that no --keep rule wants')
    .addOption(target('--from <target>', 'where the backups are', 'SYSIMAGE_FROM'))
    .addOption(computer('whose versions'))
    .addOption(
      new Option('--plan', 'only show what stays and why, what goes, and what that frees')
        .default(false)
        .env('SYSIMAGE_PLAN'),
    )
    .addOption(lockWait())
    .addOption(stealLease())
    .action((options: PruneOptions) => hooks.run(options, (context) => pruneCommand(context, options)));

  access(common(program.command('compact')))
    .description('give space back that no version needs any more, by merging what lies between versions')
    .addOption(target('--from <target>', 'where the backups are', 'SYSIMAGE_FROM'))
    .addOption(computer('whose versions'))
    .addOption(new Option('--plan', 'only show what is merged and what that frees').default(false).env('SYSIMAGE_PLAN'))
    .addOption(lockWait())
    .addOption(stealLease())
    .action((options: CompactOptions) => hooks.run(options, (context) => compactCommand(context, options)));

  const targets = program.command('target').description('targets: what they can do, and whether they do it');
  access(common(targets.command('list')))
    .description('the kinds of targets, and those that the configuration names')
    .action((options: CommonOptions) => hooks.run(options, (context) => targetListCommand(context, options)));
  access(common(targets.command('show')))
    .description('what a target can do')
    .argument('<target>', 'a name from the configuration, or a URL')
    .action((reference: string, options: CommonOptions) =>
      hooks.run(options, (context) => targetShowCommand(context, reference, options)),
    );
  access(common(targets.command('check')))
    .description('try on the storage itself whether a target does what it promises; all that it writes is removed')
    .argument('<target>', 'a name from the configuration, or a URL')
    .action((reference: string, options: CommonOptions) =>
      hooks.run(options, async (context) => {
        // With it comes the whole kit.
        const { targetCheckCommand } = await import('./commands/target-check.js');
        return targetCheckCommand(context, reference, options);
      }),
    );
  addPolicyCommands(program, hooks);
  addMachineCommands(program, hooks);
  addConfigCommands(program, hooks);
  addWatchCommands(program, hooks);
  return program;
}
