import { readFileSync } from 'node:fs';
import type { Service } from '@sysimage/core';
import { CommanderError, type Command } from 'commander';
import type { AccessOptions, CommandContext, CommonOptions } from './command-context.js';
import { exitCodeOf, exitCodes } from './exit-code.js';
import { describeError } from './output/describe-error.js';
import { processTerminal, type Terminal } from './output/terminal.js';
import { createProgram } from './program.js';
import { invocationOf, type Invocation } from './run/invocation.js';
import { performCommand } from './run/perform-command.js';

export interface MainOptions {
  readonly terminal?: Terminal;
  /** Replace services of the command, for hosts and tests. */
  readonly services?: readonly Service[];
}

const packageFile = new URL('../../package.json', import.meta.url);

/** Runs one command line and tells its exit code. Never throws, never exits. */
export async function main(argv: readonly string[], options: MainOptions = {}): Promise<number> {
  const terminal = options.terminal ?? processTerminal();
  const version = packageVersion();
  let exitCode: number = exitCodes.done;
  let invocation: Invocation = { command: '', words: [], options: {} };
  const run = async (
    common: CommonOptions & AccessOptions,
    work: (context: CommandContext) => Promise<number | void>,
  ): Promise<void> => {
    exitCode = await performCommand(common, work, { terminal, version, invocation, replaced: options.services ?? [] });
  };
  const program = createProgram({ version, run });
  program.hook('preAction', (_, command) => {
    invocation = invocationOf(command);
  });
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    terminal.err(describeError(error, terminal, true));
    return exitCodeOf(error);
  }
  return exitCode;
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap((below) => withSubcommands(below))];
}

function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(packageFile, 'utf8'));
  const found = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined;
  return typeof found === 'string' ? found : '0.0.0';
}
