import { writeFile } from 'node:fs/promises';
import { disksOfThisMachine, longestRecord } from '@sysimage/block-device';
import { SysimageError } from '@sysimage/core';
import { listenerOf, type CommandContext, type CommonOptions } from '../command-context.js';
import { recordPlanning, type PlanningOptions } from '../machine/record-planning.js';
import { printable } from '../output/format.js';

export interface RecordOptions extends CommonOptions, PlanningOptions {}

/**
 * `sysimage machine record [FILE]`: all that this machine shows of its disks, and what of them and of targets goes into a plan, as facts that other
 * commands can be asked about. What cannot be read is left out, and said.
 */
export async function machineRecordCommand(
  context: CommandContext,
  file: string | undefined,
  options: RecordOptions,
): Promise<void> {
  const { clock, machine, terminal, tool } = context;
  const planning = await recordPlanning(context, options);
  const record = await disksOfThisMachine().record({
    recordedAt: clock.now(),
    tool,
    hostName: options.computer ?? machine.hostName,
    ...(machine.machineId === undefined ? {} : { machineId: machine.machineId }),
    ...(planning === undefined ? {} : { planning }),
  });
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
  if (text.length > longestRecord) {
    throw new SysimageError('unsupported', `the record would have ${text.length} characters, more than anybody reads`, {
      operation: 'machine record',
      remedy: 'Name the disks that matter with --disk.',
    });
  }
  if (file === undefined || file === '-') {
    terminal.out(text);
    return;
  }
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new SysimageError('denied', `${file} cannot be written`, { operation: 'machine record', cause: error });
  }
  listenerOf(context).say(`This machine is in ${printable(file)}.\n`);
}
