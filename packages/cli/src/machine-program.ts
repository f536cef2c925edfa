import type { Command } from 'commander';
import { machineRecordCommand, type RecordOptions } from './commands/machine.js';
import { common, computer } from './options.js';
import type { ProgramHooks } from './program-hooks.js';

/** `sysimage machine …`. */
export function addMachineCommands(program: Command, hooks: ProgramHooks): void {
  const machine = program.command('machine').description('this machine, written down');
  common(machine.command('record'))
    .description('write down what this machine shows of its disks, for --machine of other commands')
    .argument('[file]', 'where to; without it, standard output')
    .addOption(computer('what the machine is called in it (default: the host name)'))
    .action((file: string | undefined, options: RecordOptions) =>
      hooks.run(options, (context) => machineRecordCommand(context, file, options)),
    );
}
