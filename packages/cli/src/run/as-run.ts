import type { Reason } from '@sysimage/notifications';
import { exitCodeOf, exitCodes } from '../exit-code.js';
import { runAfter, runBefore } from '../hooks/around-run.js';
import { hooksOf } from '../hooks/hooks-of.js';
import { lateOf, notificationOf } from '../notifications/notification-of.js';
import { tell } from '../notifications/tell.js';
import { errorFacts } from '../output/describe-error.js';
import { isRunCommand } from './run-commands.js';
import type { ResultFacts } from './run-event.js';
import type { RunSurroundings } from './run-surroundings.js';

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
  { events, signal, stoppedCode, sayError, secrets, problems }: RunSurroundings,
  work: () => Promise<number | void>,
): Promise<End> {
  try {
    if (problems.length > 0) throw problems[0];
    return { exitCode: (await work()) ?? exitCodes.done, result: events.result };
  } catch (error) {
    const exitCode = signal.aborted ? stoppedCode() : exitCodeOf(error);
    sayError(error);
    // Others may have put into words what they should not.
    const facts: unknown = JSON.parse(secrets.hideIn(errorFacts(error)));
    return { exitCode, result: { status: 'failed', exitCode, error: facts } };
  }
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
