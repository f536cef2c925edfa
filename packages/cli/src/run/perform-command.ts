import { dirname, resolve } from 'node:path';
import { tokens, type Plugin, type Service } from '@sysimage/core';
import { compose } from '@sysimage/host-inversify';
import type { AccessOptions, CommandContext, CommonOptions } from '../command-context.js';
import { services } from '../composition.js';
import { readConfig, type LoadedConfig } from '../config/read-config.js';
import { exitCodeOf } from '../exit-code.js';
import { describeError, errorFacts } from '../output/describe-error.js';
import { printable } from '../output/format.js';
import { createDisplay } from '../output/listener.js';
import { paint, type Terminal } from '../output/terminal.js';
import { configuredPlugins } from '../plugins/configured-plugins.js';
import { ownPlugins } from '../plugins/own-plugins.js';
import { parseRate } from '../targets/rate.js';
import { openTraceFile } from '../targets/trace-file.js';
import type { TargetAccess } from '../targets/wrap-target.js';
import { asRun } from './as-run.js';
import { EventStream } from './event-stream.js';
import { runFactsOf, type Invocation } from './invocation.js';
import { listenForSignals } from './listen-for-signals.js';
import { openLogFile } from './log-file.js';
import { isRunCommand } from './run-commands.js';
import type { RunSurroundings } from './run-surroundings.js';
import { Secrets } from './secrets.js';

/** Bytes; one older file of that size is kept. */
const usualLogSize = 10 * 1024 * 1024;

/** What a command line is done with. */
export interface CommandSurroundings {
  readonly terminal: Terminal;
  readonly version: string;
  readonly invocation: Invocation;
  /** Services in the place of the usual ones. */
  readonly replaced: readonly Service[];
}

/** Reads the configuration, puts everything together, does the work of a command, and tells its exit code. Never throws. */
export async function performCommand(
  common: CommonOptions & AccessOptions,
  work: (context: CommandContext) => Promise<number | void>,
  { terminal, version, invocation, replaced }: CommandSurroundings,
): Promise<number> {
  const stop = listenForSignals();
  const secrets = new Secrets(process.env);
  const tool = `sysimage ${version}`;
  const sayError = (error: unknown): void => terminal.err(secrets.hide(describeError(error, terminal, common.verbose)));
  const opened: { close(): void }[] = [];
  const open = <T extends { close(): void }>(file: T): T => {
    opened.push(file);
    return file;
  };
  try {
    const loaded = await readConfig(common.config, process.env);
    // What is missing stops the work, and is told like everything that does.
    const problems: unknown[] = [];
    const attempt = async <T>(make: () => T | Promise<T>): Promise<T | undefined> => {
      try {
        return await make();
      } catch (error) {
        problems.push(error);
        return undefined;
      }
    };
    const plugins = (await attempt(() => pluginsOf(loaded))) ?? [];
    const writeLog = common.verbose ? (line: string): void => terminal.err(`${line}\n`) : undefined;
    const composition = compose([...services({ plugins, writeLog }), ...replaced]);
    const clock = composition.get(tokens.clock);
    const random = composition.get(tokens.random);
    const machine = composition.get(tokens.machine);
    const run = runFactsOf(invocation, loaded.config, machine.hostName);
    const events = new EventStream(isRunCommand(run.command));
    const display = createDisplay(terminal, clock, common);
    events.listen(display.take);
    const warnOf = (words: string): void => warn(terminal, words);
    const logging = isRunCommand(run.command) ? logSettings(common, loaded) : undefined;
    if (logging !== undefined) {
      const options = { ...logging, clock, secrets, pid: process.pid, warn: warnOf };
      const log = await attempt(() => open(openLogFile(options)));
      if (log !== undefined) events.listen(log.take);
    }
    const tracePath = common.trace;
    const trace = tracePath === undefined ? undefined : await attempt(() => open(openTraceFile(tracePath, warnOf)));
    const access: TargetAccess = {
      clock,
      random,
      limits: limitsOf(common),
      signal: stop.signal,
      ...(trace === undefined ? {} : { trace: trace.write }),
    };
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
      problems,
      signal: stop.signal,
      stoppedCode: stop.exitCode,
      sayError,
    };
    return await asRun(surroundings, () =>
      work({
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
      }),
    );
  } catch (error) {
    const exitCode = stop.signal.aborted ? stop.exitCode() : exitCodeOf(error);
    if (common.json) {
      terminal.out(`${JSON.stringify({ event: 'result', status: 'failed', exitCode, error: errorFacts(error) })}\n`);
    }
    sayError(error);
    return exitCode;
  } finally {
    for (const file of opened) file.close();
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
