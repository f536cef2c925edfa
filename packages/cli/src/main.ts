import { readFileSync } from 'node:fs';
import { SysimageError, tokens, type Service } from '@sysimage/core';
import { compose } from '@sysimage/host-inversify';
import { CommanderError, type Command } from 'commander';
import type { AccessOptions, CommandContext, CommonOptions } from './command-context.js';
import { services } from './composition.js';
import { readConfig } from './config/read-config.js';
import { exitCodeOf, exitCodes } from './exit-code.js';
import { describeError, errorFacts } from './output/describe-error.js';
import { printable } from './output/format.js';
import { paint, processTerminal, type Terminal } from './output/terminal.js';
import { configuredPlugins } from './plugins/configured-plugins.js';
import { ownPlugins } from './plugins/own-plugins.js';
import { createProgram } from './program.js';
import { openTraceFile, type TraceFile } from './targets/trace-file.js';
import type { TargetAccess } from './targets/wrap-target.js';

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
  const run = async (
    common: CommonOptions & AccessOptions,
    work: (context: CommandContext) => Promise<number | void>,
  ): Promise<void> => {
    exitCode = await runCommand(common, work, { terminal, version, replaced: options.services ?? [] });
  };
  const program = createProgram({ version, run });
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

interface Surroundings {
  readonly terminal: Terminal;
  readonly version: string;
  readonly replaced: readonly Service[];
}

async function runCommand(
  common: CommonOptions & AccessOptions,
  work: (context: CommandContext) => Promise<number | void>,
  { terminal, version, replaced }: Surroundings,
): Promise<number> {
  const stop = listenForSignals();
  let trace: TraceFile | undefined;
  try {
    const log = common.verbose ? (line: string): void => terminal.err(`${line}\n`) : undefined;
    const loaded = await readConfig(common.config, process.env);
    const plugins = [...(await ownPlugins()), ...(await configuredPlugins(loaded.config.plugins, loaded.path))];
    const composition = compose([...services({ plugins, writeLog: log }), ...replaced]);
    trace = common.trace === undefined ? undefined : openTraceFile(common.trace, (words) => warn(terminal, words));
    const clock = composition.get(tokens.clock);
    const access: TargetAccess = {
      clock,
      random: composition.get(tokens.random),
      limits: limitsOf(common),
      signal: stop.signal,
      ...(trace === undefined ? {} : { trace: trace.write }),
    };
    const context: CommandContext = {
      engine: composition.get(tokens.engine),
      registry: composition.get(tokens.registry),
      loaded,
      disks: composition.get(tokens.disks),
      machine: composition.get(tokens.machine),
      clock,
      random: composition.get(tokens.random),
      hasher: composition.get(tokens.hasher),
      terminal,
      tool: `sysimage ${version}`,
      signal: stop.signal,
      access,
    };
    return (await work(context)) ?? exitCodes.done;
  } catch (error) {
    const exitCode = stop.signal.aborted ? stop.exitCode() : exitCodeOf(error);
    if (common.json) {
      terminal.out(`${JSON.stringify({ event: 'result', status: 'failed', exitCode, error: errorFacts(error) })}\n`);
    }
    terminal.err(describeError(error, terminal, common.verbose));
    return exitCode;
  } finally {
    trace?.close();
    stop.dispose();
  }
}

function limitsOf({ limit, limitUpload = limit, limitDownload = limit }: AccessOptions): TargetAccess['limits'] {
  return {
    ...(limitUpload === undefined ? {} : { upload: limitUpload }),
    ...(limitDownload === undefined ? {} : { download: limitDownload }),
  };
}

function warn(terminal: Terminal, words: string): void {
  terminal.err(`${paint(terminal, 'yellow', 'warning:')} ${printable(words)}\n`);
}

/** The first signal asks the work to stop and leave things in order; a second one ends the process at once. */
function listenForSignals(): { signal: AbortSignal; exitCode: () => number; dispose: () => void } {
  const controller = new AbortController();
  let exitCode: number = exitCodes.interrupted;
  const onSignal = (name: NodeJS.Signals): void => {
    exitCode = name === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted;
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort(new SysimageError('cancelled', `stopped by ${name}`));
  };
  const names: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    dispose: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(packageFile, 'utf8'));
  const found = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined;
  return typeof found === 'string' ? found : '0.0.0';
}
