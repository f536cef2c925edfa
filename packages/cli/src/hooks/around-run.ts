import { SysimageError } from '@sysimage/core';
import type { AfterHook, Hook } from '../config/run-schema.js';
import { exitCodes } from '../exit-code.js';
import { hookFacts } from '../notifications/notification-facts.js';
import { errorFacts } from '../output/describe-error.js';
import type { HookEvent, ResultFacts } from '../run/run-event.js';
import type { RunSurroundings } from '../run/run-surroundings.js';
import { commandEnvironment } from './command-environment.js';
import { describeHook, runHook } from './run-hook.js';

/** Errors: `policy` when an essential one fails, `cancelled`: nothing was opened yet. */
export async function runBefore(hooks: readonly Hook[], surroundings: RunSurroundings): Promise<void> {
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
export async function runAfter(
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
