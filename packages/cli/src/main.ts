import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SysimageError, tokens, type Plugin, type Service } from '@sysimage/core';
import { compose } from '@sysimage/host-inversify';
import { CommanderError, type Command } from 'commander';
import type { AccessOptions, CommandContext, CommonOptions } from './command-context.js';
import { services } from './composition.js';
import { readConfig, type LoadedConfig } from './config/read-config.js';
import { exitCodeOf, exitCodes } from './exit-code.js';
import { describeError, errorFacts } from './output/describe-error.js';
import { printable } from './output/format.js';
import { createDisplay } from './output/listener.js';
import { paint, processTerminal, type Terminal } from './output/terminal.js';
import { configuredPlugins } from './plugins/configured-plugins.js';
import { ownPlugins } from './plugins/own-plugins.js';
import { createProgram } from './program.js';
import { asRun, type RunSurroundings } from './run/as-run.js';
import { EventStream } from './run/event-stream.js';
import { invocationOf, runFactsOf, type Invocation } from './run/invocation.js';
import { openLogFile, type LogFile } from './run/log-file.js';
import { isRunCommand } from './run/run-commands.js';
import { Secrets } from './run/secrets.js';
import { parseRate } from './targets/rate.js';
import { openTraceFile, type TraceFile } from './targets/trace-file.js';
import type { TargetAccess } from './targets/wrap-target.js';

export interface MainOptions {
  readonly terminal?: Terminal;
  /** Replace services of the command, for hosts and tests. */
  readonly services?: readonly Service[];
}

/** Bytes; one older file of that size is kept. */
const usualLogSize = 10 * 1024 * 1024;

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
    exitCode = await runCommand(common, work, { terminal, version, invocation, replaced: options.services ?? [] });
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

interface Surroundings {
  readonly terminal: Terminal;
  readonly version: string;
  readonly invocation: Invocation;
  readonly replaced: readonly Service[];
}

async function runCommand(
  common: CommonOptions & AccessOptions,
  work: (context: CommandContext) => Promise<number | void>,
  { terminal, version, invocation, replaced }: Surroundings,
): Promise<number> {
  const stop = listenForSignals();
  const secrets = new Secrets(process.env);
  const tool = `sysimage ${version}`;
  const sayError = (error: unknown): void => terminal.err(secrets.hide(describeError(error, terminal, common.verbose)));
  let trace: TraceFile | undefined;
  let log: LogFile | undefined;
  try {
    const writeLog = common.verbose ? (line: string): void => terminal.err(`${line}\n`) : undefined;
    const loaded = await readConfig(common.config, process.env);
    // What is wrong with a plugin stops the work, and is told like everything that does.
    const plugins = await pluginsOf(loaded).catch((problem: unknown) => ({ problem }));
    const found = 'problem' in plugins ? [] : plugins;
    const composition = compose([...services({ plugins: found, writeLog }), ...replaced]);
    const clock = composition.get(tokens.clock);
    const random = composition.get(tokens.random);
    const machine = composition.get(tokens.machine);
    const warnOf = (words: string): void => warn(terminal, words);
    trace = common.trace === undefined ? undefined : openTraceFile(common.trace, warnOf);
    const run = runFactsOf(invocation, loaded.config, machine.hostName);
    const isRun = isRunCommand(run.command);
    const events = new EventStream(isRun);
    const display = createDisplay(terminal, clock, common);
    events.listen(display.take);
    const logging = isRun ? logSettings(common, loaded) : undefined;
    if (logging !== undefined) {
      log = openLogFile({ ...logging, clock, secrets, pid: process.pid, warn: warnOf });
      events.listen(log.take);
    }
    const surroundings: RunSurroundings = {
      run,
      events,
      loaded,
      clock,
      random,
      secrets,
      machine: machine.hostName,
      tool,
      environment: process.env,
      signal: stop.signal,
      stoppedCode: stop.exitCode,
      sayError,
    };
    return await asRun(surroundings, async () => {
      if ('problem' in plugins) throw plugins.problem;
      const access: TargetAccess = {
        clock,
        random,
        limits: limitsOf(common),
        signal: stop.signal,
        ...(trace === undefined ? {} : { trace: trace.write }),
      };
      return work({
        engine: composition.get(tokens.engine),
        registry: composition.get(tokens.registry),
        loaded,
        disks: composition.get(tokens.disks),
        machine,
        clock,
        random,
        hasher: composition.get(tokens.hasher),
        terminal,
        tool,
        signal: stop.signal,
        access,
        display,
        events,
        secrets,
      });
    });
  } catch (error) {
    const exitCode = stop.signal.aborted ? stop.exitCode() : exitCodeOf(error);
    if (common.json) {
      terminal.out(`${JSON.stringify({ event: 'result', status: 'failed', exitCode, error: errorFacts(error) })}\n`);
    }
    sayError(error);
    return exitCode;
  } finally {
    log?.close();
    trace?.close();
    stop.dispose();
  }
}

async function pluginsOf({ config, path }: LoadedConfig): Promise<readonly Plugin[]> {
  return [...(await ownPlugins()), ...(await configuredPlugins(config.plugins, path))];
}

/** The command line and its environment win over the configuration; a path of that one starts at its folder. */
function logSettings(
  { logFile }: CommonOptions,
  { config: { log }, path = '/' }: LoadedConfig,
): { readonly path: string; readonly size: number } | undefined {
  const file = logFile ?? (log === undefined ? undefined : resolve(dirname(path), log.file));
  return file === undefined ? undefined : { path: file, size: parseRate(log?.size ?? '') ?? usualLogSize };
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
