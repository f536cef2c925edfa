import { Option, type Command } from 'commander';
import type { CommonOptions } from './command-context.js';
import { notifyCommand } from './commands/notify.js';
import { overdueCommand, type OverdueOptions } from './commands/overdue.js';
import { access, common, computer, duration } from './options.js';
import type { ProgramHooks } from './program-hooks.js';

/** `sysimage overdue` and `sysimage notify`: for timers, and to try what they do. */
export function addWatchCommands(program: Command, hooks: ProgramHooks): void {
  access(common(program.command('overdue')))
    .description('whether the newest good backup of each job is young enough; fails with exit code 17')
    .argument('[job...]', 'jobs of the configuration (default: all that have a maxAge)')
    .addOption(
      new Option('--from <target>', 'where the backups are, instead of what the jobs say, or without any').env(
        'SYSIMAGE_FROM',
      ),
    )
    .addOption(computer('whose backups'))
    .addOption(
      duration('--max-age <duration>', 'how old a backup may be, instead of what the jobs say: 36h, 7d', 'MAX_AGE'),
    )
    .action((jobs: readonly string[], options: OverdueOptions) =>
      hooks.run(options, (context) => overdueCommand(context, jobs, options)),
    );
  common(program.command('notify'))
    .description('try whether notifications arrive')
    .argument('[name...]', 'notifications of the configuration (default: all)')
    .action((names: readonly string[], options: CommonOptions) =>
      hooks.run(options, (context) => notifyCommand(context, names, options)),
    );
}
