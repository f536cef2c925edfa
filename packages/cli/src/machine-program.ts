import { Option, type Command } from 'commander';
import { machineRecordCommand, type RecordOptions } from './commands/machine.js';
import { access, common, computer, disk, targets } from './options.js';
import type { ProgramHooks } from './program-hooks.js';

/** `sysimage machine …`. */
export function addMachineCommands(program: Command, hooks: ProgramHooks): void {
  const machine = program.command('machine').description('this machine, written down');
  access(common(machine.command('record')))
    .description('write down what this machine shows of its disks and of targets, for --machine of other commands')
    .argument('[file]', 'where to; without it, standard output')
    .addOption(disk('disk or image file to look into; may be repeated (default: all disks)'))
    .addOption(
      new Option('--no-contents', 'look into no disk: what lies on them stays out of it').env('SYSIMAGE_NO_CONTENTS'),
    )
    .addOption(targets('--to <target>', 'a target to look at: a name or a URL; may be repeated'))
    .addOption(computer('what the machine is called in it (default: the host name)'))
    .action((file: string | undefined, options: RecordOptions) =>
      hooks.run(options, (context) => machineRecordCommand(context, file, options)),
    );
}
