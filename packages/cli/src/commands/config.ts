import { SysimageError } from '@sysimage/core';
import type { CommandContext, CommonOptions } from '../command-context.js';
import { checkConfig } from '../config/check-config.js';
import { describeProblem } from '../config/config-problems.js';
import { configJsonSchema } from '../config/json-schema.js';
import { fixedPlaces } from '../config/read-config.js';
import { exitCodes } from '../exit-code.js';
import { printable } from '../output/format.js';

/** `sysimage config check`: whether the configuration is right, targets included. Opens nothing. */
export async function configCheckCommand(context: CommandContext, options: CommonOptions): Promise<number> {
  const { terminal, loaded, registry, clock } = context;
  const { path, config } = loaded;
  if (path === undefined) {
    throw new SysimageError('not-found', 'there is no configuration', {
      operation: 'config check',
      remedy: `It is looked for at --config, and at ${fixedPlaces(process.env).join(', ')}.`,
    });
  }
  const notes = await checkConfig({ loaded, registry, now: clock.now(), environment: process.env });
  const isRight = notes.every(({ kind }) => kind !== 'problem');
  const exitCode = isRight ? exitCodes.done : exitCodes.usage;
  if (options.json) {
    const notesAsFacts = notes.map(({ kind, path: at, position, message }) => ({
      kind,
      path: at,
      ...position,
      message,
    }));
    terminal.out(`${JSON.stringify({ config: path, right: isRight, notes: notesAsFacts })}\n`);
    return exitCode;
  }
  for (const note of notes) {
    const word = note.kind === 'warning' ? 'warning: ' : '';
    terminal.out(`${printable(describeProblem(path, { ...note, message: `${word}${note.message}` }))}\n`);
  }
  if (isRight && !options.quiet) {
    const counts = [
      count(Object.keys(config.targets).length, 'target'),
      count(Object.keys(config.jobs).length, 'job'),
      count(config.plugins.length, 'plugin'),
      count(Object.keys(config.notifications).length, 'notification'),
    ];
    terminal.out(`${printable(path)} is right: ${counts.join(', ')}.\n`);
  }
  return exitCode;
}

/** `sysimage config schema`: the JSON Schema of the configuration, for editors and other programs. */
export async function configSchemaCommand({ terminal, registry }: CommandContext): Promise<void> {
  terminal.out(`${JSON.stringify(await configJsonSchema(registry.kinds), undefined, 2)}\n`);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
