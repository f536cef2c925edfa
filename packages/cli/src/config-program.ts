import type { Command } from 'commander';
import type { CommonOptions } from './command-context.js';
import { configCheckCommand, configSchemaCommand } from './commands/config.js';
import { common } from './options.js';
import type { ProgramHooks } from './program-hooks.js';

/** `sysimage config …`. */
export function addConfigCommands(program: Command, hooks: ProgramHooks): void {
  const config = program.command('config').description('the configuration: whether it is right');
  common(config.command('check'))
    .description('check the configuration, with the options of every target, and open nothing')
    .action((options: CommonOptions) => hooks.run(options, (context) => configCheckCommand(context, options)));
  common(config.command('schema'))
    .description('print the JSON Schema of the configuration')
    .action((options: CommonOptions) => hooks.run(options, (context) => configSchemaCommand(context)));
}
