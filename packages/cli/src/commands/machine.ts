import { writeFile } from 'node:fs/promises';
import { disksOfThisMachine } from '@sysimage/block-device';
import { SysimageError } from '@sysimage/core';
import { listenerOf, type CommandContext, type CommonOptions } from '../command-context.js';
import { printable } from '../output/format.js';

export interface RecordOptions extends CommonOptions {
  readonly computer?: string;
}

/** `sysimage machine record [FILE]`: all that this machine shows of its disks, as facts that other commands can be asked about. */
export async function machineRecordCommand(
  context: CommandContext,
  file: string | undefined,
  options: RecordOptions,
): Promise<void> {
  const { clock, machine, terminal, tool } = context;
  const record = await disksOfThisMachine().record({
    recordedAt: clock.now(),
    tool,
    hostName: options.computer ?? machine.hostName,
    ...(machine.machineId === undefined ? {} : { machineId: machine.machineId }),
  });
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
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
