import { SysimageError, type Clock, type Random } from '@sysimage/core';
import type { Reason } from '@sysimage/notifications';
import type { LoadedConfig } from '../config/read-config.js';
import type { AfterHook, Hook } from '../config/run-schema.js';
import { exitCodeOf, exitCodes } from '../exit-code.js';
import { commandEnvironment } from '../hooks/command-environment.js';
import { hooksOf } from '../hooks/hooks-of.js';
import { describeHook, runHook } from '../hooks/run-hook.js';
import { hookFacts } from '../notifications/notification-facts.js';
import { lateOf, notificationOf } from '../notifications/notification-of.js';
import { tell } from '../notifications/tell.js';
import { errorFacts } from '../output/describe-error.js';
import type { EventStream } from './event-stream.js';
import { isRunCommand } from './run-commands.js';
import type { HookEvent, ResultFacts, RunFacts } from './run-event.js';
import type { Secrets } from './secrets.js';

export interface RunSurroundings {
  readonly run: RunFacts;
  readonly events: EventStream;
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  /** Host name of this machine. */
  readonly machine: string;
  readonly tool: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Stops the work and the hooks before it; what comes after is not stopped. */
  readonly signal: AbortSignal;
  /** The exit code of a run that was stopped by a signal. */
  readonly stoppedCode: () => number;
  /** Says at once what went wrong. */
  readonly sayError: (error: unknown) => void;
}

/**
 * Does the work of a command with all that belongs around it: hooks before, the work, hooks after, notifications, and the result as the
 * last event. A command that only looks is done without all that. Never throws; tells the exit code.
 */
export async function asRun(surroundings: RunSurroundings, work: () => Promise<number | void>): Promise<number> {
  const { run, events, tool, clock, loaded } = surroundings;
  if (!isRunCommand(run.command)) {
    const { exitCode, result } = await endOf(surroundings, work);
    if (result !== undefined) events.emit({ event: 'result', ...result });
    return exitCode;
  }
  events.emit({ event: 'begin', tool, time: clock.now().toISOString(), ...run });
  const hooks = hooksOf(loaded.config, run);
  const { exitCode, result } = await endOf(surroundings, async () => {
    await runBefore(hooks.before, surroundings);
    return work();
  });
  const ended = { status: exitCode === exitCodes.done ? 'done' : 'failed', ...result, exitCode, ...run };
  const last = await runAfter(hooks.after, ended, surroundings);
  await notify(last, surroundings);
  events.emit({ event: 'result', ...last });
  return last.exitCode;
}

interface End {
  readonly exitCode: number;
  readonly result: ResultFacts | undefined;
}

async function endOf(
  { events, signal, stoppedCode, sayError }: RunSurroundings,
  work: () => Promise<number | void>,
): Promise<End> {
  try {
    return { exitCode: (await work()) ?? exitCodes.done, result: events.result };
  } catch (error) {
    const exitCode = signal.aborted ? stoppedCode() : exitCodeOf(error);
    sayError(error);
    return { exitCode, result: { status: 'failed', exitCode, error: errorFacts(error) } };
  }
}

/** Errors: `policy` when an essential one fails, `cancelled`: nothing was opened yet. */
async function runBefore(hooks: readonly Hook[], surroundings: RunSurroundings): Promise<void> {
  const { signal, run } = surroundings;
  for (const hook of hooks) {
    const ended = await runOne(hook, 'before', hookFacts('before', run), surroundings);
    if (signal.aborted) throw new SysimageError('cancelled', 'stopped before anything was done', { operation: 'hook' });
    if (ended.outcome === 'done' || ended.mode === 'optional') continue;
    throw new SysimageError('policy', `${describeHook(ended)}; nothing was done`, {
      operation: 'hook',
      context: { program: ended.program, outcome: ended.outcome },
      remedy: 'Mend the hook, or make it "mode: optional" in the configuration.',
    });
  }
}

/** All of them run, whatever the others do; an essential one that fails makes a good end a failure. */
async function runAfter(
  hooks: readonly AfterHook[],
  ended: ResultFacts,
  surroundings: RunSurroundings,
): Promise<ResultFacts> {
  let last = ended;
  const { location } = surroundings.events;
  for (const hook of hooks) {
    const { when = 'always' } = hook;
    if (when !== 'always' && (when === 'success') !== (last.exitCode === exitCodes.done)) continue;
    const facts = hookFacts('after', surroundings.run, { ...last, ...(location === undefined ? {} : { location }) });
    const event = await runOne(hook, 'after', facts, surroundings);
    if (event.outcome === 'done' || event.mode === 'optional' || last.exitCode !== exitCodes.done) continue;
    const error = new SysimageError('policy', describeHook(event), { operation: 'hook' });
    surroundings.sayError(error);
    last = { ...last, status: 'failed', exitCode: exitCodes.failed, error: errorFacts(error) };
  }
  return last;
}

async function runOne(
  hook: Hook,
  position: HookEvent['position'],
  facts: ReturnType<typeof hookFacts>,
  surroundings: RunSurroundings,
): Promise<HookEvent> {
  const { loaded, clock, secrets, environment, signal, events } = surroundings;
  const told = Object.entries(facts).map(([name, value]) => [
    name,
    typeof value === 'string' ? secrets.hide(value) : value,
  ]);
  const event = await runHook(hook, {
    position,
    environment: commandEnvironment(environment, hook.environment ?? [], Object.fromEntries(told)),
    configPath: loaded.path,
    clock,
    hide: (text) => secrets.hide(text),
    ...(position === 'before' ? { signal } : {}),
  });
  events.emit(event);
  return event;
}

async function notify(result: ResultFacts, surroundings: RunSurroundings): Promise<void> {
  const { run, events, loaded, clock, machine, tool, secrets } = surroundings;
  const late = lateOf(result);
  const reason: Reason = result.exitCode === exitCodes.done ? 'success' : late.length > 0 ? 'overdue' : 'failure';
  const wanted = Object.entries(loaded.config.notifications).filter(
    ([, { on = ['failure', 'overdue'], commands = ['backup', 'verify', 'overdue'] }]) =>
      on.some((each) => each === reason) && commands.some((each) => each === run.command),
  );
  if (wanted.length === 0) return;
  const notification = notificationOf(reason, run, result, {
    now: clock.now(),
    machine,
    tool,
    location: events.location,
    late,
    hide: (text) => secrets.hide(text),
  });
  const surroundingsOfChannels = { ...surroundings, configPath: loaded.path };
  for (const event of await tell(Object.fromEntries(wanted), notification, surroundingsOfChannels)) events.emit(event);
}
